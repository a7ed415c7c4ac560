import { describe, expect, it } from 'vitest';
import { encodeEvent } from '#libs/events';
import { contextOf, eventsIn, rejectIn } from '../testing/outcome.js';
import { ndjson } from './ndjson.js';

const event = {
  specversion: '1.0' as const,
  id: '1',
  source: '/hosts/web-1',
  type: 'login',
  time: '2026-01-15T10:00:00Z',
  data: { outcome: 'failure', ip: '192.0.2.7' },
};
const parse = (line: unknown, type?: string) => ndjson.open(contextOf({ type }))(JSON.stringify(line), 17);

describe('ndjson', () => {
  it('stores a CloudEvent as it came', () => {
    const line = Buffer.from(` ${JSON.stringify(event)}`);
    for (const type of [undefined, 'api.call']) {
      const outcome = ndjson.open(contextOf({ type }))(line, 0);
      expect(outcome).toMatchObject({ kind: 'events', events: [{ key: '192.0.2.7', value: line }] });
    }
  });

  it('completes CloudEvents that lack id, source or time', () => {
    const { type, data } = event;
    expect(eventsIn(parse({ type, data }))).toEqual([
      { specversion: '1.0', id: '17', source: 'file:test', type, time: '2026-11-24T00:00:00.000Z', data },
    ]);
  });

  it('wraps bare objects of the named type', () => {
    expect(eventsIn(parse({ outcome: 'success', ip: '::1', at: 1, ts: '2026-01-15T10:00:00Z' }, 'login'))).toEqual([
      {
        specversion: '1.0',
        id: '17',
        source: 'file:test',
        type: 'login',
        time: '2026-01-15T10:00:00Z',
        data: { outcome: 'success', ip: '::1', at: 1 },
      },
    ]);
  });

  it.each([
    [{ time: '2026-01-15T10:00:00.5+01:00' }, '2026-01-15T10:00:00.5+01:00'],
    [{ timestamp: 1_768_471_200 }, '2026-01-15T10:00:00.000Z'],
    [{ '@timestamp': 1_768_471_200_123 }, '2026-01-15T10:00:00.123Z'],
    [{}, '2026-11-24T00:00:00.000Z'],
  ])('takes the time of %j', (fields, time) => {
    expect(eventsIn(parse({ client: 'c', ...fields }, 'api.call'))).toMatchObject([{ time, data: { client: 'c' } }]);
  });

  it('reads an access log of JSON objects as it reads one of text', () => {
    const line = {
      ts: '2026-01-15T10:00:00.000Z',
      ip: '192.0.2.7',
      method: 'GET',
      path: '/a?b=c',
      status: 200,
      bytes: 1,
      ua: 'curl',
    };
    expect(eventsIn(parse(line, 'api.call'))[0].data).toEqual({
      client: '192.0.2.7',
      ip: '192.0.2.7',
      method: 'GET',
      path: '/a',
      query: 'b=c',
      status: 200,
      bytes: 1,
      userAgent: 'curl',
    });
  });

  it('refuses what is no event, with the reason', () => {
    expect(rejectIn(parse([])).code).toBe('EVENT_NOT_OBJECT');
    expect(rejectIn(parse('x', 'login')).code).toBe('EVENT_NOT_OBJECT');
    expect(rejectIn(parse({ client: 'c' })).field).toBe('type');
    expect(rejectIn(parse({ ts: 'yesterday', client: 'c' }, 'api.call')).code).toBe('EVENT_TIME_INVALID');
    expect(rejectIn(parse({ ts: 1e300, client: 'c' }, 'api.call')).code).toBe('EVENT_TIME_INVALID');
    expect(rejectIn(ndjson.open(contextOf())('{"a":', 0)).code).toBe('EVENT_NOT_JSON');
    expect(eventsIn(ndjson.open(contextOf())(Buffer.from(' \r'), 0))).toEqual([]);
  });

  it('takes no alerts from outside', () => {
    const alert = {
      id: 'a',
      rule: { id: 'r', name: 'n', title: 't', version: 1 },
      severity: 'low',
      state: 'open',
      mergedInto: null,
      group: {},
      timespan: '60s',
      condition: {},
      firstSeen: event.time,
      openedAt: event.time,
      lastSeen: event.time,
      closedAt: null,
      value: 1,
      peak: 1,
      events: 1,
      expected: null,
      shadow: false,
      revision: 1,
      position: { partition: 0, offset: 0 },
      evidence: [],
    };
    const line = encodeEvent({ ...event, type: 'alert', data: alert });
    expect(rejectIn(ndjson.open(contextOf())(line, 0)).code).toBe('EVENT_TYPE_INTERNAL');
  });
});
