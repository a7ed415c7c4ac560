import { expect, test } from 'vitest';
import { alertEvent } from '../../../libs/storage/testing/alert-event.js';
import { decodeAlert } from './decode-alert.js';

const record = (data: object, attributes: object = {}) =>
  Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id: 'x',
      source: '/weir/detect',
      type: 'alert',
      time: '2026-01-01T00:00:00Z',
      data,
      ...attributes,
    }),
  );

test('an alert is read, its times in UTC with milliseconds', () => {
  const data = alertEvent({ firstSeen: '2026-01-01T01:00:00+01:00', openedAt: '2026-01-01T00:00:00.1239Z' });
  expect(decodeAlert(record(data))).toEqual({
    kind: 'ok',
    alert: { ...data, firstSeen: '2026-01-01T00:00:00.000Z', openedAt: '2026-01-01T00:00:00.123Z' },
  });
});

const reference = alertEvent().evidence[0];
test.each([
  ['not JSON', Buffer.from('{'), 'EVENT_NOT_JSON', ''],
  ['another type', record({ outcome: 'failure', ip: '::1' }, { type: 'login' }), 'EVENT_TYPE_UNEXPECTED', 'type'],
  ['a field missing', record({ ...alertEvent(), peak: undefined }), 'EVENT_DATA_INVALID', 'data.peak'],
  ['no time', record(alertEvent({ lastSeen: 'noon' })), 'ALERT_NOT_STORABLE', 'data.lastSeen'],
  ['the year 0', record(alertEvent({ closedAt: '0000-01-01T00:00:00Z' })), 'ALERT_NOT_STORABLE', 'data.closedAt'],
  ['no id to find it by', record(alertEvent({ id: 'a\0' })), 'ALERT_NOT_STORABLE', 'data.id'],
  ['too large a number', record(alertEvent({ revision: 2 ** 31 })), 'ALERT_NOT_STORABLE', 'data.revision'],
  [
    'evidence of no time',
    record(alertEvent({ evidence: [{ ...reference, time: '' }] })),
    'ALERT_NOT_STORABLE',
    'data.evidence',
  ],
])('%s: put aside, with the field at fault', (_, value, code, field) => {
  expect(decodeAlert(value)).toMatchObject({ kind: 'unreadable', code, field });
});
