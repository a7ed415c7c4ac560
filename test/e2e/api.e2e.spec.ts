import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';

interface Page<T> {
  items: T[];
  next: string | null;
}
interface Operation {
  security?: unknown[];
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
}

const cli = new Cli();
let weir: Running;
let key: string;

const ask = (path: string, init: RequestInit = {}) =>
  fetch(weir.url + path, { ...init, headers: { 'x-api-key': key, ...init.headers } });
const get = async <T>(path: string): Promise<T> => (await (await ask(path)).json()) as T;
const post = (path: string, body: unknown) =>
  ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

beforeAll(async () => {
  weir = await cli.start();
  key = readFileSync(join(cli.dataDir, 'admin.key'), 'utf8').trim();
  const lines = [1, 2, 3].flatMap((client) =>
    Array.from({ length: 40 }, (_, i) => {
      const second = String(i).padStart(2, '0');
      return `192.0.2.${client} - - [15/Jan/2026:10:0${client}:${second} +0000] "GET /${i}.bak HTTP/1.1" 404 12 "-" "x"\n`;
    }),
  );
  const sent = await ask('/api/v1/ingest/nginx', {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: lines.join(''),
  });
  expect(await sent.json()).toMatchObject({ accepted: 120 });
  await cli.json('lag', '--wait');
});
afterAll(() => cli.close());

/** The first block of a stream of events that `wanted` holds for. */
async function firstBlock(path: string, wanted: (block: string) => boolean, lastEventId: string): Promise<string> {
  const response = await ask(path, { headers: { 'last-event-id': lastEventId }, signal: AbortSignal.timeout(20_000) });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  let read = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    read += chunk;
    const block = read.split('\n\n').slice(0, -1).find(wanted);
    if (block) return block;
  }
  throw new TypeError(`The stream ended: ${read}`);
}

describe('alerts', () => {
  type Alert = { id: string; openedAt: string; group: Record<string, string>; evidence?: { event: unknown }[] };

  test('pages follow each other without gap or repetition', async () => {
    const found: string[] = [];
    for (let next: string | null = ''; next !== null; ) {
      const page: Page<Alert> = await get(`/api/v1/alerts?limit=1${next && `&cursor=${next}`}`);
      expect(page.items.length).toBeLessThanOrEqual(1);
      found.push(...page.items.map(({ openedAt }) => openedAt));
      ({ next } = page);
    }
    expect(found).toHaveLength(3);
    expect(found).toEqual(found.toSorted().reverse());
  });

  test.each([
    ['group=192.0.2.2', 1],
    ['q=192.0.2.3', 1],
    ['q=nobody', 0],
    ['rule=web-path-probing', 3],
    ['rule=other', 0],
    ['state=merged', 0],
    ['severity=informational', 0],
    ['since=2026-01-15T10:02:00Z', 2],
    ['until=2026-01-15T10:02:00Z', 1],
    ['since=2026-01-15T12:02:00%2B02:00&until=2026-01-15T10:03:00Z', 1],
  ])('?%s finds %i', async (query, count) => {
    expect((await get<Page<Alert>>(`/api/v1/alerts?${query}`)).items).toHaveLength(count);
  });

  test('one comes with its evidence, a list without; the stream goes on after Last-Event-ID', async () => {
    const [listed] = (await get<Page<Alert>>('/api/v1/alerts?group=192.0.2.1')).items;
    expect(listed).not.toHaveProperty('evidence');
    const { evidence } = await get<Alert>(`/api/v1/alerts/${listed.id}`);
    expect(evidence!.length).toBeGreaterThan(0);
    expect(evidence![0]).toMatchObject({ topic: 'api.call', event: { type: 'api.call' } });
    const block = await firstBlock('/api/v1/alerts/stream', (text) => text.includes(listed.id), '0');
    expect(block).toMatch(/^event: alert\nid: \d+\ndata: \{/);
  });
});

describe('the log', () => {
  type Item = { partition: number; offset: number; key: string; time: string; value: { data: { path: string } } };
  const records = '/api/v1/topics/api.call/records';

  test('pages of records hold each once', async () => {
    const seen = new Set<string>();
    for (let next: string | null = ''; next !== null; ) {
      const page: Page<Item> = await get(`${records}?offset=earliest&limit=50${next && `&cursor=${next}`}`);
      for (const { partition, offset } of page.items) seen.add(`${partition}:${offset}`);
      next = page.items.length === 0 ? null : page.next;
    }
    expect(seen.size).toBe(120);
  });

  test('by key, by filter and by time', async () => {
    const [first] = (await get<Page<Item>>(`${records}?offset=earliest&limit=1`)).items;
    const sameKey = await get<Page<Item>>(`${records}?key=${encodeURIComponent(first.key)}&limit=200`);
    expect(new Set(sameKey.items.map(({ key }) => key))).toEqual(new Set([first.key]));
    const filtered = await get<Page<Item>>(`${records}?filter=${encodeURIComponent('path=/7.bak')}&limit=200`);
    expect(filtered.items).toHaveLength(3);
    const later = await get<Page<Item>>(`${records}?time=2026-01-15T10:03:00Z&limit=200`);
    expect(later.items).toHaveLength(40);
  });

  test('a tail goes on from the offsets of Last-Event-ID', async () => {
    const [{ partition }] = (await get<Page<Item>>(`${records}?offset=earliest&limit=1`)).items;
    const block = await firstBlock(
      '/api/v1/topics/api.call/tail',
      (text) => text.includes('event: record'),
      `${partition}:1`,
    );
    expect(JSON.parse(block.split('data: ')[1])).toMatchObject({ partition, offset: 1 });
  });

  test('groups have members and lag; a dry run says what a reset would move; a group at work is not moved', async () => {
    const group = await get<{ members: unknown[]; records: number; seconds: number }>('/api/v1/groups/detect.match');
    expect(group).toMatchObject({ records: 0, seconds: 0 });
    expect(group.members).toHaveLength(1);
    const path = '/api/v1/groups/detect.match/positions';
    const dry = await post(`${path}?dryRun=true`, { to: 'earliest', topic: 'api.call' });
    const { moves } = (await dry.json()) as { moves: { from: number; to: number }[] };
    expect(moves.reduce((sum, { from, to }) => sum + from - to, 0)).toBe(120);
    expect((await post(path, { to: 'earliest' })).status).toBe(409);
  });

  test('metrics tell sizes, lag and how long every append took', async () => {
    const page = await (await fetch(`${weir.url}/metrics`)).text();
    expect(page).toMatch(/weir_log_bytes\{topic="api.call"\} [1-9]/);
    expect(page).toMatch(/weir_consumer_lag_records\{group="detect.window",topic="weir.matches",partition="0"\} 0/);
    // One append of ingest; matches and alerts were written, too.
    expect(Number(/weir_log_append_seconds_count (\d+)/.exec(page)![1])).toBeGreaterThan(2);
  });
});

test.each([
  ['GET', '/api/v1/alerts?limit=201', 400],
  ['GET', '/api/v1/alerts?cursor=bogus', 400],
  ['GET', '/api/v1/alerts?stat=open', 400],
  ['GET', '/api/v1/topics?topic=login', 400],
  ['GET', '/api/v1/topics/login?partition=0', 400],
  ['GET', '/api/v1/groups/match?partition=0', 400],
  ['GET', '/api/v1/rules/none?verbose', 400],
  ['POST', '/api/v1/audit?rule=other', 400],
  ['DELETE', '/api/v1/keys/none?force', 400],
  ['GET', '/api/v1/alerts/none', 404],
  ['GET', '/api/v1/topics/none', 404],
  ['GET', '/api/v1/topics/login/records?partition=99', 404],
  ['GET', '/api/v1/topics/login/records?partition=0&offset=7', 416],
  ['GET', '/api/v1/groups/none', 404],
  ['GET', '/api/v1/audit', 405],
  ['POST', '/api/v1/keys', 422],
])('%s %s answers %i as a problem', async (method, path, status) => {
  const json = { body: '{}', headers: { 'content-type': 'application/json' } };
  const response = await ask(path, { method, ...(method === 'POST' && json) });
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({ status, code: expect.stringMatching(/^[A-Z_]+$/) });
});

test('the OpenAPI document has every route with a schema of its answer and its problems', async () => {
  const document = await get<{ openapi: string; paths: Record<string, Record<string, Operation>> }>('/openapi.json');
  expect(document.openapi).toBe('3.1.0');
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
  );
  expect(operations.length).toBeGreaterThan(20);
  for (const { name, responses, security } of operations) {
    const contents = Object.entries(responses).filter(([status]) => !['204', '302'].includes(status));
    for (const [status, { content = {} }] of contents) {
      const described = Object.values(content).every(({ schema }) => schema !== undefined);
      expect([name, status, described && Object.keys(content).length]).toEqual([name, status, 1]);
    }
    if (security?.length !== 0)
      expect([name, Object.keys(responses)]).toEqual([name, expect.arrayContaining(['401', '403'])]);
  }
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path.split('/'));
  for (const path of references) {
    const found = path.reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document);
    expect([path, typeof found]).toEqual([path, 'object']);
  }
});
