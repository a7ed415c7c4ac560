import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Alert, decodeEvent } from '#libs/events';
import { takeAlert } from './take-alert.js';

const received = Date.UTC(2026, 0, 1, 12);
const startsAt = '2026-01-01T11:58:00Z';
const labels = { alertname: 'DiskFull', severity: 'critical', host: 'db-1', team: 'storage', empty: '' };
const firing = {
  labels,
  annotations: { summary: 'db-1 is full', runbook_url: 'https://wiki/disk' },
  startsAt,
  generatorURL: 'http://x',
};

function take(posted: unknown, at = received): Alert {
  const taken = takeAlert(posted, at);
  if (taken.kind === 'reject') throw new TypeError(taken.reason);
  const decoded = decodeEvent(taken.value);
  expect(decoded).toMatchObject({ kind: 'ok', key: taken.key });
  return (JSON.parse(taken.value.toString()) as { data: Alert }).data;
}

test('an alert that fires is open, with its labels as group, its name as rule, its severity, owner and runbook', () => {
  expect(take(firing)).toMatchObject({
    rule: {
      id: 'prometheus:DiskFull',
      name: 'DiskFull',
      title: 'db-1 is full',
      owner: 'storage',
      runbook: 'https://wiki/disk',
    },
    severity: 'critical',
    state: 'open',
    group: { host: 'db-1', team: 'storage' },
    openedAt: '2026-01-01T11:58:00.000Z',
    closedAt: null,
    endsAt: '2026-01-01T12:05:00.000Z',
    shadow: false,
  });
});

test.each([
  ['its end has passed', { endsAt: '2026-01-01T11:59:00+00:00' }, 'closed'],
  ['its end is to come', { endsAt: '2026-01-01T12:04:00.123456789Z' }, 'open'],
  ['its end is not set, as Go writes that', { endsAt: '0001-01-01T00:00:00Z' }, 'open'],
])('where %s', (_, changes, state) => {
  expect(take({ ...firing, ...changes }).state).toBe(state);
});

test.each([
  ['page', 'critical'],
  ['error', 'high'],
  ['Warning', 'medium'],
  ['info', 'informational'],
  ['whatever', 'medium'],
  [undefined, 'medium'],
])('severity %s is %s', (severity, expected) => {
  const { severity: _, ...others } = labels;
  expect(take({ ...firing, labels: { ...others, ...(severity && { severity }) } }).severity).toBe(expected);
});

test('the same labels and start are the same alert, whatever their order; any other is another', () => {
  const { id } = take(firing);
  expect(
    take({ ...firing, labels: Object.fromEntries(Object.entries(labels).reverse()), annotations: {} }, received + 1).id,
  ).toBe(id);
  const others = [
    { startsAt: '2026-01-01T11:58:00.001Z' },
    { labels: { ...labels, host: 'db-2' } },
    { labels: { ...labels, severity: 'warning' } },
    { labels: { ...labels, alertname: 'DiskFuller' } },
    { labels: { ...labels, more: '1' } },
  ].map((changes) => take({ ...firing, ...changes }).id);
  expect(new Set([id, ...others]).size).toBe(6);
});

test('whatever order sendings come in, one that says that it is over ends it', () => {
  const sending = fc.record({ at: fc.nat({ max: 1_000_000 }), over: fc.boolean() });
  fc.assert(
    fc.property(fc.array(sending, { minLength: 1 }), (sendings) => {
      const newest = sendings
        .map(({ at, over }) => take({ ...firing, ...(over && { endsAt: '2026-01-01T11:59:00Z' }) }, received + at))
        .reduce((a, b) => (b.position.offset > a.position.offset ? b : a));
      expect(newest.state).toBe(sendings.some(({ over }) => over) ? 'closed' : 'open');
    }),
  );
});

test.each([
  [null, ''],
  ['text', ''],
  [{}, 'labels'],
  [{ labels: {} }, 'startsAt'],
  [{ labels: {}, startsAt }, 'labels.alertname'],
  [{ labels: { alertname: 'x', n: 5 }, startsAt }, 'labels.n'],
  [{ labels: { alertname: 'x' }, startsAt: 'today' }, 'startsAt'],
  [{ labels: { alertname: 'x' }, startsAt: '0001-01-01T00:00:00Z' }, 'startsAt'],
  [{ labels: { alertname: 'x' }, startsAt, endsAt: 'soon' }, 'endsAt'],
  [{ labels: { alertname: 'x', long: 'y'.repeat(5_000) }, startsAt }, 'labels'],
])('%j is refused for its %s', (posted, field) => {
  expect(takeAlert(posted, received)).toMatchObject({ kind: 'reject', field });
});
