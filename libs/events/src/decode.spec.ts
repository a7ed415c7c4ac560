import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeEvent } from './cloud-event.js';
import { type DecodedEvent, decodeEvent, type EventDefaults, type Rejected } from './decode.js';
import { attributeBytesMax, eventDepthMax, stringBytesMax } from './limits.js';

const call = {
  specversion: '1.0',
  id: '1',
  source: '/hosts/web-1',
  type: 'api.call',
  time: '2026-01-15T10:00:00Z',
  data: { client: 'key-7', ip: '2001:db8::7', status: 200, plan: 'gold' },
};

const defaults: EventDefaults = {
  id: () => 'fresh',
  source: '/ingest',
  receivedAt: Date.UTC(2026, 0, 15, 12),
};

const ok = (line: Buffer | string | object, given?: EventDefaults): DecodedEvent => {
  const decoded = decodeEvent(line, given);
  expect(decoded).toMatchObject({ kind: 'ok' });
  return decoded as DecodedEvent;
};
const rejected = (line: Buffer | string | object, given?: EventDefaults): Rejected => {
  const decoded = decodeEvent(line, given);
  expect(decoded).toMatchObject({ kind: 'reject' });
  return decoded as Rejected;
};

describe('decodeEvent', () => {
  it('reads a line, keeps unknown fields and says that the line can be stored as it is', () => {
    const decoded = ok(encodeEvent(call as never));
    expect(decoded.type.topic).toBe('api.call');
    expect(decoded.event).toEqual(call);
    expect(decoded.timeMs).toBe(Date.UTC(2026, 0, 15, 10));
    expect(decoded.key).toBe('key-7');
    expect(decoded.unchanged).toBe(true);
  });

  it('keeps extensions, and takes null for an attribute that is not set', () => {
    const decoded = ok({ ...call, subject: null, traceparent: '00-0af7-b7ad-01', region: 'eu', sampled: true });
    expect(decoded.event).toMatchObject({ region: 'eu', sampled: true });
  });

  it.each([
    ['2026-03-02', true],
    ['2024-02-29', true],
    ['2026-02-29', false],
    ['2026-03-02T10:00:00Z', false],
    ['yesterday', false],
  ])('takes %s for a day: %s', (accountCreatedOn, isDay) => {
    const data = { contest: 'songs', voter: 'ann', entry: 'blue', accountCreatedOn };
    const decoded = decodeEvent({ ...call, type: 'vote', data });
    if (isDay) expect(decoded.kind).toBe('ok');
    else expect(decoded).toMatchObject({ field: 'data.accountCreatedOn', reason: expect.stringMatching(/2026-03-02/) });
  });

  it('fills in what a source may leave out', () => {
    const decoded = ok({ data: call.data }, { ...defaults, type: 'api.call' });
    expect(decoded.event).toEqual({
      specversion: '1.0',
      id: 'fresh',
      source: '/ingest',
      type: 'api.call',
      time: '2026-01-15T12:00:00.000Z',
      data: call.data,
    });
    expect(decoded.unchanged).toBe(false);
    expect(ok(call, defaults).event).toEqual(call);
  });

  it('has lines written anew that are not one line of UTF-8', () => {
    expect(ok(JSON.stringify(call, null, 1)).unchanged).toBe(false);
    const latin1 = Buffer.from(JSON.stringify({ ...call, data: { client: 'é' } }), 'latin1');
    expect(ok(latin1).unchanged).toBe(false);
    expect(ok(latin1).event.data).toEqual({ client: '\uFFFD' });
  });

  it.each([
    ['{', 'EVENT_NOT_JSON', ''],
    ['', 'EVENT_NOT_JSON', ''],
    ['[]', 'EVENT_NOT_OBJECT', ''],
    ['null', 'EVENT_NOT_OBJECT', ''],
    [{ ...call, specversion: '0.3' }, 'EVENT_ATTRIBUTE_INVALID', 'specversion'],
    [{ ...call, id: '' }, 'EVENT_ATTRIBUTE_INVALID', 'id'],
    [{ ...call, id: 7 }, 'EVENT_ATTRIBUTE_INVALID', 'id'],
    [{ ...call, source: 'two words' }, 'EVENT_ATTRIBUTE_INVALID', 'source'],
    [{ ...call, source: '/100%' }, 'EVENT_ATTRIBUTE_INVALID', 'source'],
    [{ ...call, id: 'x'.repeat(attributeBytesMax + 1) }, 'EVENT_ATTRIBUTE_INVALID', 'id'],
    [{ ...call, subject: 1 }, 'EVENT_ATTRIBUTE_INVALID', 'subject'],
    [{ ...call, extension: {} }, 'EVENT_ATTRIBUTE_INVALID', 'extension'],
    [{ ...call, datacontenttype: 'text/xml' }, 'EVENT_ATTRIBUTE_INVALID', 'datacontenttype'],
    [{ ...call, type: 'api.cal' }, 'EVENT_TYPE_UNKNOWN', 'type'],
    [{ ...call, type: '__proto__' }, 'EVENT_TYPE_UNKNOWN', 'type'],
    [{ ...call, time: '2026-01-15T10:00:00' }, 'EVENT_TIME_INVALID', 'time'],
    [{ ...call, time: undefined }, 'EVENT_TIME_INVALID', 'time'],
    [{ ...call, data: undefined }, 'EVENT_DATA_INVALID', 'data'],
    [{ ...call, data: [] }, 'EVENT_DATA_INVALID', 'data'],
    [{ ...call, data: {} }, 'EVENT_DATA_INVALID', 'data.client'],
    [{ ...call, data: { client: '' } }, 'EVENT_DATA_INVALID', 'data.client'],
    [{ ...call, data: { client: 'a', ip: '192.0.2.256' } }, 'EVENT_DATA_INVALID', 'data.ip'],
    [{ ...call, data: { client: 'a', ip: null } }, 'EVENT_DATA_INVALID', 'data.ip'],
    [{ ...call, data: { client: 'a', x: 'x'.repeat(stringBytesMax + 1) } }, 'EVENT_STRING_TOO_LONG', 'data.x'],
    [{ ...call, data: { client: 'a', x: ['é'.repeat(stringBytesMax)] } }, 'EVENT_STRING_TOO_LONG', 'data.x[0]'],
    [
      '{"specversion":"1.0","id":"1","source":"a","type":"api.call","time":"2026-01-15T10:00:00Z","data":{"client":"a","x":1e999}}',
      'EVENT_NUMBER_NOT_FINITE',
      'data.x',
    ],
  ])('refuses %.120j with %s at %j', (line, code, field) => {
    const { reason, ...facts } = rejected(line);
    expect(facts).toEqual({ kind: 'reject', code, field });
    expect(reason).toContain(field);
  });

  it('tells what to do', () => {
    expect(rejected({ ...call, data: {} }).reason).toBe('data.client is missing: api.call needs it');
    expect(rejected({ ...call, data: { client: 'a', ip: 'x' } }).reason).toBe(
      'data.ip must be an IPv4 or IPv6 address, such as 192.0.2.7',
    );
    expect(rejected({ ...call, data: { client: 'a', user: null } }).reason).toBe(
      'data.user must be string; leave the field out where it has no value',
    );
  });

  it('accepts the deepest event allowed and no deeper one', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    // The event and its data are the first two levels.
    ok({ ...call, data: { client: 'a', x: nested(eventDepthMax - 2) } });
    expect(rejected({ ...call, data: { client: 'a', x: nested(eventDepthMax - 1) } }).code).toBe('EVENT_TOO_DEEP');
    expect(rejected(`${'['.repeat(500_000)}`).code).toBe('EVENT_NOT_JSON');
    expect(
      rejected(
        `{"specversion":"1.0","id":"1","source":"a","type":"api.call","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      ).code,
    ).toBe('EVENT_ATTRIBUTE_INVALID');
  });

  it('reads the body of a mail for its fingerprint, and does not keep it', () => {
    const data = { sender: 'a@example.com', recipients: [], body: 'Buy NOW, 50 % off!' };
    const { event, unchanged } = ok({ ...call, type: 'mail.receipt', data });
    expect(event.data).toEqual({
      sender: 'a@example.com',
      recipients: [],
      // printf buynowoff | sha1sum
      fingerprint: '4f21e8c2d45824e3c1764d39117652b42e458560',
    });
    expect(unchanged).toBe(false);
  });

  it('throws on no input, and what it accepts survives being written and read again', () => {
    const attribute = fc.oneof(fc.constantFrom('1.0', 'api.call', 'login', 'vote', call.time), fc.jsonValue());
    const event = fc.record(
      {
        specversion: attribute,
        id: attribute,
        source: attribute,
        type: attribute,
        time: attribute,
        data: fc.oneof(fc.constant(call.data), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    const input = fc.oneof(
      event,
      event.map((value) => JSON.stringify(value)),
      fc.string({ unit: 'binary' }),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(input, fc.constantFrom(undefined, defaults, { ...defaults, type: 'api.call' }), (line, given) => {
        const decoded = decodeEvent(line as Buffer | string | object, given);
        if (decoded.kind === 'reject') {
          expect(decoded.reason).not.toBe('');
          return;
        }
        const again = decodeEvent(encodeEvent(decoded.event));
        expect(again).toMatchObject({ kind: 'ok', key: decoded.key, timeMs: decoded.timeMs, unchanged: true });
      }),
      { numRuns: 2_000 },
    );
  });
});
