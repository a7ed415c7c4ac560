/**
 * Bouncers: `npm run build && node dist/test/bench/decisions.bench.js [decisions] [rounds]`.
 *
 * A real Weir with that many active decisions (100,000) answers a CrowdSec bouncer on loopback: the first time (startup),
 * while nothing changes, while a hundred come and go each time, and after a restart of Weir. Milliseconds are from the request to the last byte; CPU
 * is that of this process, which is the client, too.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { numberOf, uuidOf } from '#libs/blocking';
import { systemClock } from '#libs/clock';
import { loadConfig } from '#libs/config';
import { openDatabase, startEmbeddedPostgres } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { startWeir } from '../../apps/weir/src/server/weir.js';
import { measure, median, thousands } from './measure.js';

const decisions = Number(process.argv[2] ?? 100_000);
const rounds = Number(process.argv[3] ?? 15);
const key = 'bench-key';
const dataDir = mkdtempSync(join(tmpdir(), 'weir-bench-'));

const config = loadConfig({ WEIR_DATA_DIR: dataDir, WEIR_HTTP_PORT: '0', WEIR_ADMIN_KEY: key, WEIR_PARTITIONS: '2' });
await fill();
const start = () => startWeir({ config, apps: [], clock: systemClock, logger: createLogger('warn') });
let weir = await start();
try {
  await report('the first of all', 'startup=true', async () => {}, 1);
  await report('startup', 'startup=true', async () => {});
  await report('nothing changed', '', async () => {});
  await report('100 came, 100 went', '', change);
  await weir.stop();
  weir = await start();
  // A bouncer asks every ten seconds; meanwhile the decisions are read, since it asked before.
  await report('the first after a restart', '', () => delay(5_000), 1);
} finally {
  await weir.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

async function report(
  name: string,
  query: string,
  before: (round: number) => Promise<void>,
  times = rounds,
): Promise<void> {
  const ms: number[] = [];
  const cpuMs: number[] = [];
  let bytes = 0;
  for (let round = 0; round < times; round++) {
    await before(round);
    const { result, seconds, cpuSeconds } = await measure(() => pull(`${weir.url}/v1/decisions/stream?${query}`));
    bytes = result;
    ms.push(seconds * 1_000);
    cpuMs.push(cpuSeconds * 1_000);
  }
  const worst = Math.max(...ms);
  console.log(
    `${name}: ${median(ms).toFixed(0)} ms, at most ${worst.toFixed(0)} ms; ${median(cpuMs).toFixed(0)} ms of CPU; ${thousands(bytes)} bytes`,
  );
}

/** Bytes of the answer, which is read and not kept: `fetch` takes longer to read all of them than Weir to write them. */
function pull(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = get(url, { headers: { 'x-api-key': key } }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      response.on('end', () => (response.statusCode === 200 ? resolve(bytes) : reject(new TypeError(`${url} failed`))));
    });
    asked.on('error', reject);
  });
}

/** Lifts a hundred and adds a hundred, beside the API: that is not what is measured. */
async function change(round: number): Promise<void> {
  await inDatabase(async (query) => {
    const lifted = Array.from({ length: 100 }, (_, i) => uuidOf(String(round * 100 + i)));
    await query(
      `INSERT INTO decided.decision_lift (uuid, at, actor, change)
       SELECT uuid, now(), 'bench', nextval('decided.blocking_change') FROM unnest($1::text[]) AS given (uuid)`,
      [lifted],
    );
    await insert(query, decisions + round * 100, 100);
  });
}

async function fill(): Promise<void> {
  const postgres = await startEmbeddedPostgres({ directory: dataDir });
  const database = await openDatabase({ url: postgres.url });
  for (let at = 0; at < decisions; at += 10_000)
    await insert((sql, given) => database.query(sql, given), at, Math.min(10_000, decisions - at));
  await database.query('ANALYZE');
  await database.destroy();
  await postgres.stop();
}

type Query = (sql: string, parameters: unknown[]) => Promise<unknown>;

async function inDatabase(work: (query: Query) => Promise<void>): Promise<void> {
  // The server that runs already is the one that is found.
  const postgres = await startEmbeddedPostgres({ directory: dataDir });
  const database = await openDatabase({ url: postgres.url });
  await work((sql, given) => database.query(sql, given));
  await database.destroy();
}

async function insert(query: Query, from: number, count: number): Promise<void> {
  const uuids = Array.from({ length: count }, (_, i) => uuidOf(String(from + i)));
  const values = uuids.map((_, i) => [(from + i) >> 16, (from + i) >> 8, from + i].map((part) => part & 255).join('.'));
  await query(
    `INSERT INTO decided.decision (uuid, id, type, scope, value, starts_at, until, author, reason, change)
     SELECT uuid, id, 'ban', 'Ip', value, now() - interval '1 second', now() + interval '4 hours', 'bench', 'bench',
       nextval('decided.blocking_change')
     FROM unnest($1::text[], $2::bigint[], $3::text[]) AS given (uuid, id, value)`,
    [uuids, uuids.map(numberOf), values.map((value) => `100.${value}`)],
  );
}
