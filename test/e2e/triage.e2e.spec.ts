import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';

interface Alert {
  id: string;
  incident: string | null;
  group: Record<string, string>;
  triage: { status: string; owner: string | null; verdict: string | null; reason: string | null; notes: number };
}
interface Page<T> {
  items: T[];
  next: string | null;
}

const cli = new Cli();
let weir: Running;
let key: string;
let ids: string[];

const ask = (path: string, init: RequestInit = {}) =>
  fetch(weir.url + path, { ...init, headers: { 'x-api-key': key, ...init.headers } });
const get = async <T>(path: string): Promise<T> => (await (await ask(path)).json()) as T;
const send = (method: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(path, { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
const answer = async (response: Response | Promise<Response>) => {
  const { status, headers } = await response;
  return { status, etag: headers.get('etag'), body: (await (await response).json()) as Record<string, unknown> };
};

beforeAll(async () => {
  weir = await cli.start();
  key = readFileSync(join(cli.dataDir, 'admin.key'), 'utf8').trim();
  // Three addresses of one network, and one of another.
  const lines = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '198.51.100.1'].flatMap((ip, n) =>
    Array.from({ length: 40 }, (_, i) => {
      const second = String(i).padStart(2, '0');
      return `${ip} - - [15/Jan/2026:10:0${n}:${second} +0000] "GET /${i}.bak HTTP/1.1" 404 12 "-" "x"\n`;
    }),
  );
  const sent = await ask('/api/v1/ingest/nginx', {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: lines.join(''),
  });
  expect(sent.status).toBe(200);
  await cli.json('lag', '--wait');
  ids = (await get<Page<Alert>>('/api/v1/alerts')).items.map(({ id }) => id).reverse();
  expect(ids).toHaveLength(4);
});
afterAll(() => cli.close());

test('one alert: seen, decided about, refused to whoever has not seen that', async () => {
  const path = `/api/v1/alerts/${ids[0]}`;
  const seen = await answer(ask(path));
  expect(seen.etag).toBe('"0"');
  const step = { status: 'acknowledged', owner: 'kim', note: 'looking' };
  expect(await answer(send('PATCH', path, step))).toMatchObject({ status: 428, body: { code: 'ALERT_UNSEEN' } });
  const taken = await answer(send('PATCH', path, step, { 'if-match': seen.etag! }));
  expect(taken).toMatchObject({
    status: 200,
    body: { id: ids[0], triage: { status: 'acknowledged', owner: 'kim', verdict: null, notes: 1 } },
  });
  expect((await answer(ask(path))).etag).toBe(taken.etag);
  expect(await answer(send('PATCH', path, { owner: null }, { 'if-match': seen.etag! }))).toMatchObject({
    status: 412,
    body: { code: 'ALERT_CHANGED' },
  });
  const { items } = await get<Page<{ actor: string; actions: string[]; note: string }>>(`${path}/history`);
  expect(items).toMatchObject([{ actions: ['acknowledged', 'assigned', 'noted'], note: 'looking' }]);
  expect((await get<{ items: { id: string }[] }>('/api/v1/keys')).items.map(({ id }) => id)).toContain(items[0].actor);
});

test.each([
  [{}, 'at least one'],
  [{ status: 'closed' }, 'reason is missing'],
  [{ reason: 'why' }, 'reason belongs to'],
  [{ status: 'gone' }, 'status must be one of'],
  [{ verdict: 'maybe' }, 'verdict'],
  [{ owner: '' }, 'owner'],
  [{ priority: 1 }, 'priority is not a field here'],
])('a step that makes no sense is refused: %j', async (step, said) => {
  const { status, body } = await answer(send('PATCH', `/api/v1/alerts/${ids[0]}`, step, { 'if-match': '*' }));
  expect(status).toBe(422);
  expect(body.detail).toContain(said);
});

test('unknown alerts, ETags that are none, scopes that do not reach', async () => {
  const step = { owner: 'kim' };
  const any = { 'if-match': '*' };
  expect(await answer(send('PATCH', '/api/v1/alerts/none', step, any))).toMatchObject({ status: 404 });
  expect(await answer(ask('/api/v1/alerts/none/history'))).toMatchObject({ status: 404 });
  expect(await answer(ask('/api/v1/incidents/none'))).toMatchObject({
    status: 404,
    body: { code: 'INCIDENT_UNKNOWN' },
  });
  expect(await answer(send('PATCH', `/api/v1/alerts/${ids[0]}`, step, { 'if-match': 'x' }))).toMatchObject({
    status: 400,
  });
  const { key: reader } = await cli.json<{ key: string }>('keys', 'create', '--name', 'r', '--scope', 'read');
  const refused = send('PATCH', `/api/v1/alerts/${ids[0]}`, step, { ...any, 'x-api-key': reader });
  expect(await answer(refused)).toMatchObject({ status: 403, body: { scope: 'triage' } });
});

test('whoever follows alerts sees a step as a change of the alert', async () => {
  const stream = await ask('/api/v1/alerts/stream', { signal: AbortSignal.timeout(20_000) });
  await send('PATCH', `/api/v1/alerts/${ids[1]}`, { owner: 'lee' }, { 'if-match': '*' });
  let read = '';
  for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
    read += chunk;
    if (read.includes('"owner":"lee"')) break;
  }
  expect(read).toMatch(new RegExp(`event: alert\\nid: \\d+\\ndata: .*${ids[1]}.*"owner":"lee"`));
});

test('an incident has the alerts of its network; all of them are closed at once', async () => {
  const { items } = await get<Page<{ id: string; alerts: number; group: object }>>('/api/v1/incidents');
  expect(items).toMatchObject([
    { alerts: 1, group: { 'c-ip': '198.51.100.1' } },
    { alerts: 3, state: expect.any(String), rules: ['web-path-probing'], triage: { acknowledged: 1 } },
  ]);
  const incident = await get<Page<Alert> & { id: string }>(`/api/v1/incidents/${ids[2]}`);
  expect(incident.id).toBe(ids[0]);
  expect(incident.items.map(({ id }) => id)).toEqual([ids[2], ids[1], ids[0]]);
  expect(incident.items.map((alert) => alert.incident)).toEqual([ids[0], ids[0], ids[0]]);
  const step = { filter: { incident: ids[2] }, status: 'closed', reason: 'ours' };
  const once = { 'idempotency-key': 'k1' };
  expect((await answer(send('POST', '/api/v1/alerts/bulk', { ...step, dryRun: true }))).body).toEqual({
    dryRun: true,
    matched: 3,
    changed: 3,
    unknown: [],
  });
  const closed = { dryRun: false, matched: 3, changed: 3, unknown: [] };
  expect((await answer(send('POST', '/api/v1/alerts/bulk', step, once))).body).toEqual(closed);
  expect((await answer(send('POST', '/api/v1/alerts/bulk', step, once))).body).toEqual(closed);
  expect((await answer(send('POST', '/api/v1/alerts/bulk', { ...step, reason: 'x' }, once))).body).toMatchObject({
    code: 'IDEMPOTENCY_KEY_REUSED',
  });
  const leap = { filter: { since: '2016-12-31T23:59:60Z' }, owner: 'x' };
  expect((await answer(send('POST', '/api/v1/alerts/bulk', leap))).body.detail).toContain('filter.since must be');
  expect((await answer(send('POST', '/api/v1/alerts/bulk', { owner: 'x' }))).body.detail).toContain(
    'either ids or filter',
  );
  expect((await get<Page<Alert>>('/api/v1/alerts?status=new')).items.map(({ id }) => id)).toEqual([ids[3]]);
  expect((await get<Page<Alert>>('/api/v1/alerts?status=closed&owner=kim')).items.map(({ id }) => id)).toEqual([
    ids[0],
  ]);
});

// Every command is a process of its own: what they say is asked of few of them.
test('the same on the command line', async () => {
  const [, , , id] = ids;
  const step = (...args: string[]) => cli.json<Alert>('alerts', ...args);
  expect((await step('ack', id, '--note', 'mine')).triage).toMatchObject({ status: 'acknowledged', notes: 1 });
  expect((await step('mark', id, '--as', 'false-positive')).triage.verdict).toBe('false-positive');
  expect((await step('close', id, '--reason', 'a partner')).triage).toMatchObject({ reason: 'a partner' });
  expect(await cli.json('alerts', 'assign', ids[0], id, 'none', '--to', 'kim')).toEqual({
    dryRun: false,
    matched: 2,
    changed: 1,
    unknown: ['none'],
  });
  const shown = await cli.run(['alerts', 'show', id]);
  expect(shown.stdout).toContain(`${id}: web-path-probing of c-ip=198.51.100.1`);
  expect(shown.stdout).toContain('a partner');
  const counted = await cli.run(['alerts', 'reopen', '--incident', ids[1], '--dry-run']);
  expect(counted.stdout).toBe('3 of 3 alerts would change.\n');
  const [page, wrong, incidents, incident] = await Promise.all([
    cli.json<Page<Alert>>('alerts', 'list', '--verdict', 'false-positive'),
    cli.run(['alerts', 'assign', id]),
    cli.json<Page<{ id: string; alerts: number }>>('incidents', 'list', '--verdict', 'false-positive'),
    cli.run(['incidents', 'show', ids[2], '--limit', '2']),
  ]);
  expect(incidents.items).toMatchObject([{ id, alerts: 1 }]);
  expect(incident.stdout).toContain(`1 more: weir alerts list --incident ${ids[0]}`);
  expect(page.items.map((alert) => alert.id)).toEqual([id]);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('--to OWNER, or --nobody') });
});
