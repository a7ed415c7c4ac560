import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';
import { adminKey } from './outcome.js';
import { Receiver } from './receiver.js';

interface Rebuilt {
  dryRun: boolean;
  projections: { name: string; topics: { topic: string; records: number; removed: number; since: string | null }[] }[];
}

const cli = new Cli();
let receiver: Receiver;
let weir: Running;
const settings = { WEIR_NOTIFY_NETWORKS: '127.0.0.0/8', WEIR_RETENTION_TABLES: '1MiB', WEIR_PARTITIONS: '2' };

beforeAll(async () => {
  receiver = await Receiver.start(cli.dataDir, 0);
  weir = await cli.start(settings);
});
afterAll(async () => {
  await receiver.close();
  await cli.close();
});

const ask = (path: string, method = 'GET', body?: unknown, headers: Record<string, string> = {}) =>
  fetch(weir.url + path, {
    method,
    headers: {
      'x-api-key': adminKey(cli),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const get = async (path: string): Promise<Record<string, unknown>> =>
  (await (await ask(path)).json()) as Record<string, unknown>;

/** What people see of all that is computed. */
const shown = async () => ({
  alerts: await get('/api/v1/alerts?limit=200'),
  incidents: await get('/api/v1/incidents?limit=200'),
  // How long they last still is another thing a moment later.
  decisions: ((await get('/api/v1/decisions?limit=200')).items as object[]).map((one) => ({ ...one, duration: null })),
  board: await get('/api/v1/contests/songs/leaderboard'),
  // Where it goes on is another generation's.
  feed: (await get('/api/v1/feed/ann?mode=latest')).items,
});

async function sendVotes(contest: string, all: readonly Record<string, unknown>[]): Promise<void> {
  const votes = all.map((data, i) => ({
    ...{ specversion: '1.0', id: `${contest} ${i}`, source: '/spec', type: 'vote' },
    time: new Date(Date.now() - 600_000 + i).toISOString(),
    data: { contest, voter: `v${i}`, ...data },
  }));
  const headers = { 'content-type': 'application/cloudevents-batch+json' };
  for (let from = 0; from < votes.length; from += 500)
    expect((await ask('/api/v1/events', 'POST', votes.slice(from, from + 500), headers)).status).toBe(200);
}

test('all that is shown is the same after a rebuild; nobody is notified twice', async () => {
  const url = `http://127.0.0.1:${receiver.port}/`;
  expect((await ask('/api/v1/webhooks/desk', 'PUT', { kind: 'webhook', url }, { 'if-none-match': '*' })).status).toBe(
    200,
  );
  const lines = ['192.0.2.1', '192.0.2.2', '198.51.100.1'].flatMap((ip) =>
    Array.from({ length: 40 }, (_, i) => {
      // Lately: they close in a minute, when all is over here.
      const at = new Date(Date.now() - 4_000 + i * 100).toUTCString();
      const [, day, month, year, time] = /, (\d+) (\w+) (\d+) ([\d:]+)/.exec(at)!;
      return `${ip} - - [${day}/${month}/${year}:${time} +0000] "GET /${i}.bak HTTP/1.1" 404 12 "-" "x"\n`;
    }),
  );
  const asText = { 'content-type': 'text/plain', 'x-api-key': adminKey(cli) };
  await fetch(`${weir.url}/api/v1/ingest/nginx`, { method: 'POST', headers: asText, body: lines.join('') });
  await ask('/api/v1/contests', 'POST', { id: 'songs', title: 'Songs', mode: 'approval' });
  for (const entry of ['a', 'b']) await ask(`/api/v1/contests/songs/entries/${entry}`, 'PUT', {});
  // A ring, and others.
  await sendVotes(
    'songs',
    Array.from({ length: 60 }, (_, i) => ({
      entry: i % 3 === 0 ? 'a' : 'b',
      ip: i < 30 ? '192.0.2.1' : `10.${i}.0.1`,
    })),
  );
  await ask('/api/v1/users/ann/relations/follow/bob', 'PUT');
  const share = {
    specversion: '1.0',
    id: 's',
    source: '/spec',
    type: 'share',
    data: { actor: 'bob', object: { id: 'o' } },
  };
  await ask('/api/v1/events', 'POST', share);
  await cli.json('lag', '--wait');
  expect((await shown()).feed).toHaveLength(1);
  const { items } = (await get('/api/v1/alerts')) as { items: { id: string; rule: { name: string } }[] };
  expect(new Set(items.map(({ rule }) => rule.name))).toContain('web-path-probing');
  const step = { status: 'acknowledged', owner: 'kim', note: 'mine' };
  expect((await ask(`/api/v1/alerts/${items[0].id}`, 'PATCH', step, { 'if-match': '*' })).status).toBe(200);
  await expect.poll(() => receiver.received.length).toBeGreaterThanOrEqual(items.length);
  const waiting = async () => (await get('/api/v1/webhooks/desk/deliveries?state=waiting')).items;
  await expect.poll(waiting).toEqual([]);

  const before = await shown();
  const told = await get('/api/v1/webhooks/desk/deliveries?limit=200');
  const look = await cli.json<Rebuilt>('rebuild', '--dry-run');
  expect(look.dryRun).toBe(true);
  expect(await shown()).toEqual(before);
  const { projections } = await cli.json<Rebuilt>('rebuild');
  expect(projections).toEqual(look.projections);
  expect(projections.map(({ name }) => name)).toEqual(['alerts', 'decisions', 'contests', 'feeds']);
  expect(projections[0].topics).toEqual([{ topic: 'alert', records: expect.any(Number), removed: 0, since: null }]);
  expect(await shown()).toEqual(before);
  const { items: noted } = (await get('/api/v1/audit-log?action=projections.rebuilt')) as { items: unknown[] };
  expect(noted).toHaveLength(1);
  await cli.json('lag', '--wait');
  expect(await get('/api/v1/webhooks/desk/deliveries?limit=200')).toEqual(told);
  expect(await cli.json('audit')).toMatchObject({ agrees: true });
});

test('where retention has removed records it is refused, with what would be lost, unless that is wanted', async () => {
  await sendVotes(
    'long',
    Array.from({ length: 20_000 }, (_, i) => ({ entry: `e${i}` })),
  );
  await cli.json('lag', '--wait');
  const lost = async () => (await cli.json<Rebuilt>('rebuild', 'contests', '--dry-run')).projections[0].topics[0];
  await expect.poll(async () => (await lost()).removed).toBeGreaterThan(0);
  const { code, stderr } = await cli.run(['rebuild']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/Retention has removed records \(\d+ of vote before 20.*--from-earliest/);
  expect(await cli.json<Rebuilt>('rebuild', 'alerts', 'decisions')).toMatchObject({ dryRun: false });
  const { projections } = await cli.json<Rebuilt>('rebuild', 'contests', '--from-earliest');
  const [{ removed, records, since }] = projections[0].topics;
  expect(removed).toBeGreaterThan(0);
  expect(removed + records).toBeGreaterThanOrEqual(20_060);
  expect(Date.parse(since!)).toBeLessThanOrEqual(Date.now());
});

test('what is no projection is named', async () => {
  const { code, stderr } = await cli.run(['rebuild', 'boards']);
  expect(code).toBe(1);
  expect(stderr).toContain('alerts');
  const key = { 'idempotency-key': 'once' };
  const body = { projections: ['alerts'] };
  const first = await (await ask('/api/v1/projections/rebuild', 'POST', body, key)).json();
  await cli.json('lag', '--wait');
  expect(await (await ask('/api/v1/projections/rebuild', 'POST', body, key)).json()).toEqual(first);
  const { items } = (await get('/api/v1/audit-log?action=projections.rebuilt')) as { items: unknown[] };
  expect(items).toHaveLength(4);
});
