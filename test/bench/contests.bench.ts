/**
 * Contests: `npm run build && node dist/test/bench/contests.bench.js [votes] [rounds]`.
 *
 * So many votes (1,000,000) of as many voters, in random order, for 50 entries of each of four contests are decoded and projected
 * to a real PostgreSQL as the projection does it, in batches of 5,000; one in twenty comes from one of 50 addresses that an alert
 * names. Votes a core are by the CPU time of this process and of PostgreSQL together. Then a Weir of one process is asked for boards
 * over HTTP, by method, while it takes 1,000 further votes a second for the same contest: each round waits until the board before
 * is out of date.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '#libs/clock';
import { loadConfig } from '#libs/config';
import {
  applyAlerts,
  applyContests,
  type ContestRecord,
  claimPositions,
  openDatabase,
  settleContests,
  startEmbeddedPostgres,
} from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { decodeContest } from '../../apps/project/src/index.js';
import { startWeir } from '../../apps/weir/src/server/weir.js';
import { alertEvent } from '../../libs/storage/testing/alert-event.js';
import { measure, thousands, usage } from './measure.js';

const votes = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 200);
const batchVotes = 5_000;
const suspects = 50;
const everyMs = 50;
const votesPerSecond = 1_000;
const key = 'bench-key';
const begun = Date.UTC(2026, 0, 1);
const dataDir = mkdtempSync(join(tmpdir(), 'weir-bench-'));
const iso = (ms: number) => new Date(ms).toISOString();

let state = 1;
let later = votes;
/** From 0 to below n. */
function random(n: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
}
const entry = () => `e${Math.min(random(50), random(50))}`;
const yes = () => ({ entry: entry(), value: random(3) ? 1 : -1 });

const kinds = [
  { mode: 'approval', methods: ['wilson', 'bayesian'], vote: yes },
  { mode: 'pairwise', methods: ['bradley-terry'], vote: () => ({ winner: entry(), loser: `e${random(50)}` }) },
  {
    mode: 'ballot',
    methods: ['borda', 'schulze'],
    vote: () => ({ ranking: [...new Set(Array.from({ length: 10 }, entry))] }),
  },
  { mode: 'trending', methods: ['decayed'], vote: yes },
];

await fill();
const config = loadConfig({ WEIR_DATA_DIR: dataDir, WEIR_HTTP_PORT: '0', WEIR_ADMIN_KEY: key, WEIR_PARTITIONS: '2' });
const apps = ['api', 'ingest', 'project'] as const;
const weir = await startWeir({ config, apps: [...apps], clock: systemClock, logger: createLogger('silent') });
try {
  for (const { mode, methods, vote } of kinds) for (const method of methods) await ask(mode, method, vote);
} finally {
  await weir.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

async function fill(): Promise<void> {
  const postgres = await startEmbeddedPostgres({ directory: dataDir, onEvent: () => {} });
  const database = await openDatabase({ url: postgres.url });
  const position = (topic: string) => ({ projection: 'contests', topic, partition: 0, offset: 0 });
  const [voteStart, entryStart, alertStart] = ['vote', 'contest.entry', 'alert'].map(position);
  await claimPositions(database, [voteStart, entryStart, alertStart]);
  const entries = kinds.flatMap(({ mode }) =>
    Array.from({ length: 50 }, (_, i) => record(i, 'contest.entry', { contest: mode, entry: `e${i}` })),
  );
  await applyContests(database, [{ reached: entryStart, records: entries, next: entries.length }]);
  const alerts = Array.from({ length: suspects }, (_, i) => {
    const times = { firstSeen: iso(begun), openedAt: iso(begun), closedAt: null };
    const alert = alertEvent({ id: `a${i}`, group: { ip: `192.0.2.${i}` }, ...times });
    return { offset: i, alert: { ...alert, rule: { ...alert.rule, name: 'vote-shared-address' } } };
  });
  await applyAlerts(database, [{ reached: alertStart, records: alerts, next: suspects }]);
  let next = 0;
  for (const { mode, vote } of kinds) {
    await database.query(
      `INSERT INTO decided.contest VALUES ($1, $1, $1, 86400, '{vote-shared-address}', NULL, 1, now())`,
      [mode],
    );
    const bytes = await bytesOf(database);
    const voters = shuffled(votes);
    const lines = Array.from({ length: votes }, (_, i) =>
      line(i, 'vote', { contest: mode, voter: `v${voters[i]}`, ip: address(i), ...vote() }),
    );
    const before = postgresCpu(dataDir);
    const { seconds, cpuSeconds } = await measure(async () => {
      for (let from = 0; from < votes; from += batchVotes) {
        const batch = lines.slice(from, from + batchVotes).map((value, i) => decoded(next + from + i, value, 'vote'));
        const [start, end] = [next + from, next + from + batch.length];
        await applyContests(database, [{ reached: { ...voteStart, offset: start }, records: batch, next: end }]);
        // Alerts are not looked at before there are votes.
        if (start === 0) await settleContests(database);
      }
    });
    const postgresSeconds = postgresCpu(dataDir) - before;
    next += votes;
    const each = ((await bytesOf(database)) - bytes) / votes;
    console.log(
      `${mode}: ${thousands(votes / seconds)} votes/s projected, ${thousands(votes / (cpuSeconds + postgresSeconds))} a core ` +
        `(${thousands(votes / cpuSeconds)} per CPU-second of the projection, ${thousands(votes / postgresSeconds)} of PostgreSQL); ` +
        `${thousands(each)} bytes a vote, indexes among it`,
    );
  }
  await database.query('VACUUM ANALYZE');
  await database.destroy();
  await postgres.stop();
}

/** CPU seconds of the server in the folder, all its processes that still run. */
function postgresCpu(directory: string): number {
  const pid = Number(readFileSync(postmasterFile(directory), 'utf8').split('\n')[0]);
  const children = readdirSync('/proc').filter((name) => {
    try {
      return (
        /^\d+$/.test(name) && Number(readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1].split(' ')[1]) === pid
      );
    } catch {
      return false;
    }
  });
  return [String(pid), ...children].reduce((sum, one) => sum + usage(Number(one)).cpu, 0);
}

function postmasterFile(directory: string): string {
  const files = readdirSync(directory, { recursive: true }).map(String);
  return join(directory, files.find((name) => name.endsWith('postmaster.pid'))!);
}

async function bytesOf(database: Awaited<ReturnType<typeof openDatabase>>): Promise<number> {
  const [{ bytes }] = await database.query<{ bytes: string }[]>(
    `SELECT sum(pg_total_relation_size(oid)) AS bytes FROM pg_class WHERE relkind = 'r' AND relname LIKE 'contest%'`,
  );
  return Number(bytes);
}

function shuffled(n: number): Uint32Array {
  const all = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = random(i + 1);
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all;
}

function address(i: number): string {
  return i % 20 === 0 ? `192.0.2.${random(suspects)}` : `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
}

function line(i: number, type: string, data: object): Buffer {
  return Buffer.from(
    JSON.stringify({ specversion: '1.0', id: String(i), source: '/bench', type, time: iso(begun + i), data }),
  );
}

function record(i: number, type: string, data: object): ContestRecord {
  return decoded(i, line(i, type, data), type);
}

function decoded(offset: number, value: Buffer, topic: string): ContestRecord {
  const read = decodeContest(value, topic);
  if (read.kind !== 'ok') throw new TypeError(read.reason);
  return { offset, event: read.event };
}

async function ask(contest: string, method: string, vote: () => object): Promise<void> {
  const sending = new AbortController();
  const sent = send(contest, vote, sending.signal);
  const ms: number[] = [];
  let raw = 0;
  for (let round = 0; round < rounds; round++) {
    for (;;) {
      const { result, seconds } = await measure(async () => {
        const path = `/api/v1/contests/${contest}/leaderboard?method=${method}`;
        const answer = await fetch(weir.url + path, { headers: { 'x-api-key': key } });
        return (await answer.json()) as { votes: { raw: number } };
      });
      if (result.votes.raw === raw) {
        await delay(5);
        continue;
      }
      raw = result.votes.raw;
      ms.push(seconds * 1_000);
      break;
    }
    await delay(everyMs);
  }
  sending.abort();
  await sent;
  ms.sort((a, b) => a - b);
  const at = (share: number) => ms[Math.ceil(ms.length * share) - 1].toFixed(1);
  console.log(
    `${contest}, ${method}: a board of ${thousands(raw)} votes in ${at(0.5)} ms at p50, ${at(0.95)} ms at p95, at most ${at(1)} ms`,
  );
}

/** Votes for the contest, so many a second, until it is told to end. */
async function send(contest: string, vote: () => object, signal: AbortSignal): Promise<void> {
  const headers = { 'x-api-key': key, 'content-type': 'application/x-ndjson' };
  while (!signal.aborted) {
    const lines = Array.from({ length: (votesPerSecond * everyMs) / 1_000 }, () => {
      const voter = later++;
      return line(voter, 'vote', { contest, voter: `v${voter}`, ip: address(voter), ...vote() });
    });
    const body = Buffer.concat(lines.flatMap((one) => [one, Buffer.from('\n')]));
    const sent = await fetch(`${weir.url}/api/v1/ingest/ndjson`, { method: 'POST', headers, body });
    if (!sent.ok) throw new TypeError(await sent.text());
    await sent.arrayBuffer();
    await delay(everyMs);
  }
}
