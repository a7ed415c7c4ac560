import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openTestKeys, type TestKeys } from '../../platform/testing/test-keys.js';
import { type IngestServer, startIngestServer } from '../testing/ingest-server.js';
import { batchItemsMax, eventBytesMax } from './limits.js';

let keys: TestKeys;
let server: IngestServer;

beforeAll(async () => {
  keys = await openTestKeys();
});
afterAll(() => keys.close());
beforeEach(async () => {
  server = await startIngestServer(keys.authenticator);
});
afterEach(() => server.close());

type Answer = Record<string, unknown> & { rejected: { index: number; code: string; field: string; reason: string }[] };

async function post(path: string, body: string | Buffer<ArrayBuffer>, headers: Record<string, string> = {}) {
  const response = await fetch(server.url + path, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${keys.keyWith.ingest}`, ...headers },
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
}

const json = { 'content-type': 'application/json' };
const structured = { 'content-type': 'application/cloudevents+json' };
const batched = { 'content-type': 'application/cloudevents-batch+json' };
const lines = { 'content-type': 'application/x-ndjson' };
const text = { 'content-type': 'text/plain' };

const login = (id: string, ip = '192.0.2.1', more: object = {}) => ({
  specversion: '1.0',
  id,
  source: '/spec',
  type: 'login',
  time: '2026-03-01T11:59:00Z',
  data: { outcome: 'failure', ip },
  ...more,
});

describe('POST /api/v1/events', () => {
  test('structured: one event, kept to the letter, on the partition of its key', async () => {
    const sent = ` ${JSON.stringify(login('a'))}`;
    expect(await post('/api/v1/events', sent, structured)).toMatchObject({
      status: 200,
      body: { accepted: 1, rejected: [] },
    });
    const [record, ...others] = await server.records('login');
    expect(others).toEqual([]);
    expect(record).toMatchObject({ key: '192.0.2.1', time: Date.parse('2026-03-01T11:59:00Z'), text: sent });
  });

  test('binary: attributes in headers, data in the body', async () => {
    const headers = {
      ...json,
      'ce-specversion': '1.0',
      'ce-type': 'login',
      'ce-source': '/spec',
      'ce-id': 'b%20%E2%82%AC',
      'ce-time': '2026-03-01T11:58:00Z',
      'ce-tenant': 'acme',
    };
    const { status } = await post('/api/v1/events', '{"outcome":"failure","ip":"192.0.2.2"}', headers);
    expect(status).toBe(200);
    expect((await server.records('login'))[0].value).toEqual({
      specversion: '1.0',
      id: 'b €',
      source: '/spec',
      type: 'login',
      time: '2026-03-01T11:58:00Z',
      tenant: 'acme',
      data: { outcome: 'failure', ip: '192.0.2.2' },
    });
  });

  test('batch: good events are kept, bad ones are named and put aside', async () => {
    const events = [
      login('1'),
      login('2', 'no address'),
      'text',
      login('4', '192.0.2.4', { type: 'alert' }),
      login('5'),
    ];
    const { status, body } = await post('/api/v1/events', JSON.stringify(events), batched);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      accepted: 2,
      rejected: [
        { index: 1, code: 'EVENT_DATA_INVALID', field: 'data.ip' },
        { index: 2, code: 'EVENT_NOT_OBJECT', field: '' },
        { index: 3, code: 'EVENT_DATA_INVALID' },
      ],
    });
    expect(await server.records('login')).toHaveLength(2);
    const letters = (await server.records('weir.dead-letters')).map((record) => record.value);
    expect(letters).toHaveLength(3);
    const letter = letters.find((candidate) => (candidate.origin as { index: number }).index === 1)!;
    expect(letter).toMatchObject({
      code: 'EVENT_DATA_INVALID',
      field: 'data.ip',
      origin: { address: '127.0.0.1', stream: 'events', index: 1 },
      receivedAt: '2026-03-01T12:00:00.000Z',
    });
    expect(JSON.parse(Buffer.from(letter.bytes as string, 'base64').toString())).toEqual(events[1]);
    const page = await server.metrics.page();
    expect(page).toContain('weir_ingest_events_total{stream="events",outcome="accepted"} 2');
    expect(page).toContain('weir_ingest_events_total{stream="events",outcome="rejected"} 3');
    expect(page).toContain('weir_dead_letters_total{reason="EVENT_NOT_OBJECT"} 1');
  });

  test('plain JSON is one event or an array of them; gzip is undone', async () => {
    expect((await post('/api/v1/events', JSON.stringify(login('a')), json)).body.accepted).toBe(1);
    const zipped = gzipSync(JSON.stringify([login('b'), login('c')]));
    const sent = await post('/api/v1/events', zipped, { ...json, 'content-encoding': 'gzip' });
    expect(sent.body.accepted).toBe(2);
    expect((await post('/api/v1/events', '[]', batched)).body).toEqual({ accepted: 0, rejected: [] });
  });

  test('an alert from outside is refused', async () => {
    const data = {};
    const { status, body } = await post('/api/v1/events', JSON.stringify({ ...login('a'), type: 'alert', data }), json);
    expect(status).toBe(422);
    expect(body.rejected).toHaveLength(1);
  });

  test('one bad event is a problem, all bad ones as well', async () => {
    const one = await post('/api/v1/events', JSON.stringify(login('a', 'nowhere')), structured);
    expect(one).toMatchObject({ status: 422, body: { code: 'EVENT_DATA_INVALID', field: 'data.ip', accepted: 0 } });
    expect(one.headers.get('content-type')).toBe('application/problem+json');
    const all = await post('/api/v1/events', JSON.stringify([{}, { specversion: '1.0' }]), batched);
    expect(all).toMatchObject({ status: 422, body: { code: 'EVENTS_REJECTED', accepted: 0 } });
    expect(all.body.rejected.map(({ index }) => index)).toEqual([0, 1]);
  });

  test.each([
    ['', structured],
    ['{"a":', structured],
    ['[{}', batched],
    ['nonsense', json],
  ])('%j is no JSON: 400', async (body, headers) => {
    expect(await post('/api/v1/events', body, headers)).toMatchObject({
      status: 400,
      body: { code: 'JSON_MALFORMED' },
    });
  });

  test('ids that events lack are fresh, and follow from the Idempotency-Key where there is one', async () => {
    const { id: _, source: __, ...anonymous } = login('');
    const body = JSON.stringify([anonymous, anonymous]);
    await post('/api/v1/events', body, json);
    for (let i = 0; i < 2; i++) await post('/api/v1/events', body, { ...json, 'idempotency-key': 'order-7' });
    const ids = (await server.records('login')).map(({ value }) => `${value.source} ${value.id}`);
    expect(ids).toHaveLength(6);
    expect(new Set(ids).size).toBe(4);
    expect(ids.filter((id) => id.includes('order-7:1'))).toHaveLength(2);
    const bad = await post('/api/v1/events', body, { ...json, 'idempotency-key': 'two words' });
    expect(bad).toMatchObject({ status: 400, body: { code: 'IDEMPOTENCY_KEY_INVALID' } });
  });
});

describe('POST /api/v1/ingest/{stream}', () => {
  const access = (ip: string) => `${ip} - - [01/Mar/2026:11:59:00 +0000] "GET /x HTTP/1.1" 200 5 "-" "curl"`;

  test('nginx: lines, bad ones by their index, empty ones counted', async () => {
    const body = `${access('192.0.2.1')}\n\nnonsense\r\n${access('192.0.2.2')}`;
    const answer = await post('/api/v1/ingest/nginx', body, text);
    expect(answer).toMatchObject({ status: 200, body: { accepted: 2, rejected: [{ index: 2 }] } });
    const records = await server.records('api.call');
    expect(records.map(({ key: client }) => client).sort()).toEqual(['192.0.2.1', '192.0.2.2']);
    const [letter] = await server.records('weir.dead-letters');
    expect(Buffer.from(letter.value.bytes as string, 'base64').toString()).toBe('nonsense');
    expect(letter.value.origin).toEqual({ address: '127.0.0.1', stream: 'nginx', index: 2 });
  });

  test('a part of a file: ids are byte offsets of its lines', async () => {
    const body = `${access('192.0.2.1')}\n${access('192.0.2.2')}\n`;
    await post('/api/v1/ingest/nginx?source=file:abc&position=1000', body, text);
    const second = 1000 + body.indexOf('\n') + 1;
    const names = (await server.records('api.call')).map(({ value }) => `${value.source} ${value.id}`);
    expect(names.sort()).toEqual([`file:abc 1000`, `file:abc ${second}`]);
  });

  test('sshd: year and zone of the lines', async () => {
    const line = 'Mar 27 13:06:56 web sshd[1]: Failed password for root from 192.0.2.9 port 5 ssh2';
    expect((await post('/api/v1/ingest/sshd?year=2017&zone=%2B02:00', line, text)).body.accepted).toBe(1);
    expect((await server.records('login'))[0].time).toBe(Date.parse('2017-03-27T11:06:56Z'));
  });

  test('ndjson: CloudEvents, kept to the letter, and bare objects of a type', async () => {
    const line = JSON.stringify(login('a'));
    await post('/api/v1/ingest/ndjson', `${line}\n`, lines);
    expect((await server.records('login'))[0].text).toBe(line);
    const bare = '{"ts":"2026-03-01T11:00:00Z","ip":"192.0.2.3","path":"/a?b=c"}';
    expect((await post('/api/v1/ingest/ndjson?type=api.call', bare, lines)).body.accepted).toBe(1);
    expect((await server.records('api.call'))[0].value.data).toMatchObject({ client: '192.0.2.3', query: 'b=c' });
  });

  test('JSON arrays: of lines, and of events', async () => {
    const asArray = await post('/api/v1/ingest/nginx', JSON.stringify([access('192.0.2.1'), 'nonsense']), json);
    expect(asArray.body).toMatchObject({ accepted: 1, rejected: [{ index: 1 }] });
    expect((await post('/api/v1/ingest/ndjson', JSON.stringify([login('a')]), json)).body.accepted).toBe(1);
    const part = await post('/api/v1/ingest/ndjson?source=file:a&position=0', '[]', json);
    expect(part).toMatchObject({ status: 400, body: { code: 'PARAMETER_INVALID', parameter: 'position' } });
  });

  test('mbox: one event a mail', async () => {
    const mail = (n: number) => `From x\nFrom: a${n}@example.com\nTo: b@example.com\nSubject: ${n}\n\nHello\n\n`;
    const answer = await post('/api/v1/ingest/mbox', mail(1) + mail(2), { 'content-type': 'application/mbox' });
    expect(answer.body).toEqual({ accepted: 2, rejected: [] });
  });

  test('404 lists the streams', async () => {
    const { status, body } = await post('/api/v1/ingest/apache2', 'x', text);
    expect(status).toBe(404);
    expect(body).toMatchObject({
      code: 'STREAM_UNKNOWN',
      streams: expect.arrayContaining(['ndjson', 'nginx', 'sshd']),
    });
  });
});

describe('refusals', () => {
  test('400, 401, 403, 405, 413, 415', async () => {
    expect(await post('/api/v1/ingest/nginx?yaer=1', 'x', text)).toMatchObject({ status: 400 });
    expect((await post('/api/v1/events', '{}', { ...json, authorization: '' })).status).toBe(401);
    const forbidden = await post('/api/v1/events', '{}', { ...json, authorization: `Bearer ${keys.keyWith.read}` });
    expect(forbidden).toMatchObject({ status: 403, body: { code: 'SCOPE_MISSING', scope: 'ingest' } });
    expect((await fetch(`${server.url}/api/v1/events`)).status).toBe(405);
    expect(await post('/api/v1/events', 'x'.repeat(20 * 2 ** 20), json)).toMatchObject({ status: 413 });
    expect(await post('/api/v1/events', '<x/>', { 'content-type': 'application/xml' })).toMatchObject({ status: 415 });
    expect(await server.records('weir.dead-letters')).toEqual([]);
  });

  test('limits of batches, events, depth and strings', async () => {
    const many = await post('/api/v1/ingest/nginx', '\n'.repeat(batchItemsMax + 1), text);
    expect(many).toMatchObject({ status: 413, body: { code: 'BATCH_TOO_LARGE', batchItemsMax } });
    const array = await post('/api/v1/events', `[${'1,'.repeat(batchItemsMax)}1]`, batched);
    expect(array).toMatchObject({ status: 413, body: { code: 'BATCH_TOO_LARGE' } });
    const with_ = (extra: object) => JSON.stringify(login('a', '192.0.2.1', { data: { ...login('').data, ...extra } }));
    const deep = `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`;
    expect(await post('/api/v1/events', with_({ x: JSON.parse(deep) }), json)).toMatchObject({
      status: 422,
      body: { code: 'EVENT_TOO_DEEP' },
    });
    expect(await post('/api/v1/events', with_({ x: 'x'.repeat(70_000) }), json)).toMatchObject({
      status: 422,
      body: { code: 'EVENT_STRING_TOO_LONG' },
    });
    const parts = Array.from({ length: 20 }, () => 'x'.repeat(60_000));
    expect(JSON.stringify(parts).length).toBeGreaterThan(eventBytesMax);
    expect(await post('/api/v1/events', with_({ parts }), json)).toMatchObject({
      status: 422,
      body: { code: 'EVENT_TOO_LARGE' },
    });
  });

  test('503 when the log can’t be written, and nothing is acknowledged', async () => {
    await server.log.close();
    const answer = await post('/api/v1/events', JSON.stringify(login('a')), json);
    expect(answer).toMatchObject({ status: 503, body: { code: 'LOG_UNAVAILABLE' } });
    expect(answer.headers.get('retry-after')).toBe('5');
  });

  test('429 while too many bytes wait for the disk; what was refused is taken later', async () => {
    await server.close();
    server = await startIngestServer(keys.authenticator, { recordBytesMax: 600_000, waitingBytesMax: 600_000 });
    const body =
      `${JSON.stringify(login('a', '192.0.2.1', { data: { ...login('').data, x: 'x'.repeat(50_000) } }))}\n`.repeat(6);
    const answers = await Promise.all(Array.from({ length: 12 }, () => post('/api/v1/ingest/ndjson', body, lines)));
    const statuses = answers.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    const busy = answers.find(({ status }) => status === 429)!;
    expect(busy.body.code).toBe('LOG_BUSY');
    expect(busy.headers.get('retry-after')).toBe('1');
    expect((await post('/api/v1/ingest/ndjson', body, lines)).status).toBe(200);
  });
});
