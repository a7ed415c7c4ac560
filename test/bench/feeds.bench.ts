/**
 * Feeds: `npm run build && node dist/test/bench/feeds.bench.js [users] [reads] [shares projected] [shares a user]`.
 *
 * A graph of so many users (100,000) who follow 20 others each is put into a real PostgreSQL as the projection would have: few are
 * followed by many, one in 10,000 follows 2,000, and one is followed by all. So many shares for each (2), over 30 days, six in ten of them of
 * objects that others share too, one in eight a re-share; and the inboxes that follow from these. Then shares are decoded and
 * projected in batches of 500, and feeds are asked for over HTTP. CPU of PostgreSQL
 * is that of its processes, as Linux counts it.
 */
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { systemClock } from '#libs/clock';
import { loadConfig } from '#libs/config';
import { applyFeeds, claimPositions, openDatabase, startEmbeddedPostgres } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { decodeFeed } from '../../apps/project/src/index.js';
import { startWeir } from '../../apps/weir/src/server/weir.js';
import { measure, median, thousands } from './measure.js';

const users = Number(process.argv[2] ?? 100_000);
const reads = Number(process.argv[3] ?? 1_000);
const projected = Number(process.argv[4] ?? 20_000);
const sharesPerUser = Number(process.argv[5] ?? 2);
const follows = 20;
const heavyFollows = 2_000;
const batchShares = 500;
const key = 'bench-key';
const now = systemClock.now();
const dataDir = mkdtempSync(join(tmpdir(), 'weir-bench-'));
const config = loadConfig({
  WEIR_DATA_DIR: dataDir,
  WEIR_HTTP_PORT: '0',
  WEIR_ADMIN_KEY: key,
  WEIR_PARTITIONS: '2',
  WEIR_REQUESTS_PER_MINUTE: '1000000',
});
const inboxes = { pushFollowersMax: config.feedPushFollowers, inboxItemsMax: config.feedInboxItems };

/** Of each of `n` stretches of users, the first short and the last long, one is followed: the target of the `k`-th follow. */
function target(n: number): string {
  const from = (k: string) => `floor(${users} * power((${k}) / ${n}::float8, 4))`;
  return `1 + (${from('k')} + floor(random() * (${from('k + 1')} - ${from('k')})))::integer`;
}
function apart(n: number): string {
  return `floor(${users} * power((k + 1) / ${n}::float8, 4)) > floor(${users} * power(k / ${n}::float8, 4))`;
}

const graph = [
  `INSERT INTO computed.feed_turn VALUES (true, 1, 'bench')`,
  `INSERT INTO computed.feed_user (name) SELECT 'user-' || n FROM generate_series(1, ${users}) AS n`,
  `ALTER TABLE computed.relation DROP CONSTRAINT relation_pkey`,
  `DROP INDEX computed.relation_followers`,
  // In an order that has nothing to do with who follows: as they came.
  `INSERT INTO computed.relation (at, turn, tie, actor, target, kind, is_on)
   SELECT to_timestamp(${now / 1000} - random() * 3e7), 1, 0, 1 + (i::bigint * 7919 + k) % ${users}, ${target(follows)}, 1, true
   FROM generate_series(0, ${follows - 1}) AS k, generate_series(1, ${users}) AS i
   WHERE ${apart(follows)}`,
  `DELETE FROM computed.relation WHERE actor % 10000 = 0 OR target = 1 OR actor = 1`,
  `INSERT INTO computed.relation (at, turn, tie, actor, target, kind, is_on)
   SELECT to_timestamp(${now / 1000} - random() * 3e7), 1, 0, actor, ${target(heavyFollows)}, 1, true
   FROM (SELECT greatest(1, n * 10000) AS actor FROM generate_series(0, ${Math.floor(users / 10_000)}) AS n) AS heavy,
     generate_series(0, ${heavyFollows - 1}) AS k
   WHERE ${apart(heavyFollows)} AND actor <= ${users}`,
  `DELETE FROM computed.relation WHERE target = 1`,
  `INSERT INTO computed.relation (at, turn, tie, actor, target, kind, is_on)
   SELECT to_timestamp(${now / 1000}), 1, 0, n, 1, 1, true FROM generate_series(1, ${users}) AS n`,
  `ALTER TABLE computed.relation ADD CONSTRAINT relation_pkey PRIMARY KEY (actor, kind, target)`,
  `CREATE INDEX relation_followers ON computed.relation (target, actor) WHERE kind = 1 AND is_on`,
  `INSERT INTO computed.feed_pulled
   SELECT target FROM computed.relation GROUP BY target HAVING count(*) > ${inboxes.pushFollowersMax}`,
];

const shares = [
  `INSERT INTO computed.share (at, tie, turn, object_key, author, source, id, via_source, via_id, audience, object, text)
   SELECT to_timestamp(${now / 1000} - age), hashint8extended(n, 0), 1, hashtextextended(object, 0),
     1 + floor(${users} * power(random(), 1.5))::integer, '/bench', 's' || n,
     CASE WHEN via > 0 THEN '/bench' END, CASE WHEN via > 0 THEN 's' || via END, NULL,
     json_build_object('id', object, 'title', 'Something that people pass on'), NULL
   FROM (
     SELECT n, random() * 2592000 AS age, CASE WHEN random() < 0.125 THEN floor(random() * n)::integer ELSE 0 END AS via,
       'https://example.com/' || CASE WHEN random() < 0.6
         THEN 'popular/' || floor(${(users * sharesPerUser) / 4} * power(random(), 3)) ELSE 'own/' || n END AS object
     FROM generate_series(1, ${Math.floor(users * sharesPerUser)}) AS n
   ) AS n`,
];

const deliveries = [
  `INSERT INTO computed.feed_inbox (user_id, at, tie, author)
   SELECT r.actor, s.at, s.tie, s.author
   FROM computed.share s JOIN computed.relation r ON r.target = s.author AND r.kind = 1 AND r.is_on
   WHERE s.author NOT IN (SELECT author FROM computed.feed_pulled)
   ORDER BY s.at`,
];

await fill();
const weir = await startWeir({ config, apps: ['api'], clock: systemClock, logger: createLogger('warn') });
try {
  for (const mode of ['latest', 'ranked']) {
    await ask(`${mode}, of anybody`, mode, () => 1 + Math.floor(Math.random() * users), reads);
    await ask(`${mode}, of who follows ${thousands(heavyFollows)}`, mode, heavyUser, Math.ceil(reads / 10));
  }
} finally {
  await weir.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

/** Those that were given so many follows. */
function heavyUser(): number {
  const many = Math.max(1, Math.floor(users / 10_000));
  return Math.max(1, Math.floor(Math.random() * many) * 10_000);
}

async function fill(): Promise<void> {
  const postgres = await startEmbeddedPostgres({ directory: dataDir, onEvent: () => {} });
  const database = await openDatabase({ url: postgres.url, statementTimeoutMs: 0, answerTimeoutMs: 3_600_000 });
  const { seconds } = await measure(async () => {
    for (const statement of [...graph, ...shares, ...deliveries]) await database.query(statement);
    await database.query('VACUUM ANALYZE');
  });
  console.log(`filled in ${seconds.toFixed(0)} s`);
  await sizes(database);
  await project(database);
  await database.destroy();
  await postgres.stop();
}

async function sizes(database: DataSource): Promise<void> {
  const rows = await database.query<{ name: string; rows: string; bytes: string }[]>(
    `SELECT relname AS name, reltuples::bigint AS rows, pg_total_relation_size(c.oid) AS bytes
     FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE nspname = 'computed' AND relkind = 'r' AND relname IN ('feed_user', 'relation', 'share', 'feed_inbox')`,
  );
  for (const { name, rows: count, bytes } of rows)
    console.log(`${name}: ${thousands(Number(count))} rows, ${thousands(Number(bytes) / Number(count))} bytes each`);
  const total = rows.reduce((sum, { bytes }) => sum + Number(bytes), 0);
  console.log(`${thousands(total / users)} bytes a user`);
}

async function project(database: DataSource): Promise<void> {
  const start = { projection: 'feeds', topic: 'share', partition: 0, offset: 0 };
  await claimPositions(database, [start]);
  const lines = Array.from({ length: projected }, (_, i) => {
    const actor = `user-${1 + Math.floor(users * Math.random() ** 1.5)}`;
    const data = { actor, object: { id: `https://example.com/new/${i % 1_000}`, title: 'Something new' } };
    const time = new Date(now + i).toISOString();
    return Buffer.from(
      JSON.stringify({ specversion: '1.0', id: `p${i}`, source: '/bench', type: 'share', time, data }),
    );
  });
  let delivered = 0;
  const before = postgresCpu();
  const { seconds, cpuSeconds } = await measure(async () => {
    for (let from = 0; from < projected; from += batchShares) {
      const records = lines.slice(from, from + batchShares).map((line, i) => {
        const decoded = decodeFeed(line, 'share');
        if (decoded.kind !== 'ok') throw new TypeError(decoded.reason);
        return { offset: from + i, event: decoded.event };
      });
      const progress = { reached: { ...start, offset: from }, records, next: from + records.length };
      delivered += (await applyFeeds(database, [progress], inboxes)).deliveries;
    }
  });
  console.log(
    `${thousands(projected / seconds)} shares/s and ${thousands(delivered / seconds)} deliveries/s projected; per second of CPU ${thousands(projected / cpuSeconds)} shares by the projection itself, ${thousands(delivered / (postgresCpu() - before))} deliveries by PostgreSQL`,
  );
}

async function ask(title: string, mode: string, user: () => number, times: number): Promise<void> {
  const first: number[] = [];
  const second: number[] = [];
  let items = 0;
  const cpu = process.cpuUsage();
  const before = postgresCpu();
  for (let i = 0; i < times; i++) {
    const address = `${weir.url}/api/v1/feed/user-${user()}?mode=${mode}`;
    const page = await timed(address, first);
    items += page.items.length;
    if (page.next) await timed(`${address}&cursor=${page.next}`, second);
  }
  const { user: own, system } = process.cpuUsage(cpu);
  const perPage = (seconds: number) => ((seconds * 1_000) / (first.length + second.length)).toFixed(1);
  const [weirMs, postgresMs] = [perPage((own + system) / 1e6), perPage(postgresCpu() - before)];
  console.log(
    `${title}: ${(items / times).toFixed(0)} items; ${spread(first)}; the page after, ${spread(second)}; CPU a page: Weir ${weirMs} ms, PostgreSQL ${postgresMs} ms`,
  );
}

async function timed(address: string, ms: number[]): Promise<{ items: unknown[]; next: string | null }> {
  const start = performance.now();
  const response = await fetch(address, { headers: { 'x-api-key': key } });
  const page = (await response.json()) as { items: unknown[]; next: string | null };
  ms.push(performance.now() - start);
  if (response.status !== 200) throw new TypeError(JSON.stringify(page));
  return page;
}

/** Seconds that the server's processes of this run have used. */
function postgresCpu(): number {
  let ticks = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readlinkSync(`/proc/${pid}/cwd`) !== realpathSync(join(dataDir, 'postgres'))) continue;
      const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13);
      ticks += Number(user) + Number(system);
    } catch {
      // It ended while we looked.
    }
  }
  return ticks / 100;
}

function spread(ms: readonly number[]): string {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);
  return `median ${median(ms).toFixed(1)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms`;
}
