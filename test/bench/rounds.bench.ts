/**
 * Pairs and rounds: `npm run build && node dist/test/bench/rounds.bench.js [entries] [votes] [voters]`.
 *
 * A whole Weir in this process, a real PostgreSQL, contests of so many entries (1,000) with so many votes (50,000) over HTTP. So many voters
 * (300) ask for a pair, one after the other and eight at a time, each recorded and projected meanwhile; then it is asked what
 * a round would come to, and it is ended.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '#libs/clock';
import { loadConfig } from '#libs/config';
import { createLogger } from '#libs/telemetry';
import { startWeir } from '../../apps/weir/src/server/weir.js';
import { measure, median } from './measure.js';

const entries = Number(process.argv[2] ?? 1_000);
const votes = Number(process.argv[3] ?? 50_000);
const voters = Number(process.argv[4] ?? 300);
const adminKey = 'bench-key';
const dataDir = mkdtempSync(join(tmpdir(), 'weir-bench-'));
const begun = Date.now() - 3_600_000;

const config = loadConfig({
  WEIR_DATA_DIR: dataDir,
  WEIR_HTTP_PORT: '0',
  WEIR_ADMIN_KEY: adminKey,
  WEIR_PARTITIONS: '2',
  WEIR_REQUESTS_PER_MINUTE: '1000000',
});
const apps = ['ingest', 'project', 'api'] as const;
const weir = await startWeir({ config, apps: [...apps], clock: systemClock, logger: createLogger('warn') });
try {
  await fill('pairs', 'pairwise', 'elimination', (i) => duel(i));
  await fill('shares', 'approval', 'elimination', (i) => ({ entry: `e${i % entries}`, value: i % 3 ? 1 : -1 }));
  await askPairs('one after the other', 1);
  await askPairs('eight at a time', 8);
  for (const contest of ['pairs', 'shares']) {
    console.log(`${contest}: a look at the round ${await took(() => ask(`/contests/${contest}/rounds`))}`);
    const end = () => ask(`/contests/${contest}/rounds`, { action: 'advance' });
    console.log(`${contest}: the round ended ${await took(end)}`);
  }
} finally {
  await weir.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

/** The lower its number, the better an entry. */
function duel(i: number): object {
  const one = (i * 7_919) % entries;
  const other = (one + 1 + ((i * 31) % (entries - 1))) % entries;
  const isLowerBetter = (i * 13) % 10 < 7;
  const [low, high] = [Math.min(one, other), Math.max(one, other)];
  return isLowerBetter ? { winner: `e${low}`, loser: `e${high}` } : { winner: `e${high}`, loser: `e${low}` };
}

async function fill(id: string, mode: string, method: string, vote: (i: number) => object): Promise<void> {
  await ask('/contests', { id, title: id, mode, narrowing: { method } });
  const entered = Array.from({ length: entries }, (_, i) => ({ contest: id, entry: `e${i}` }));
  const voted = Array.from({ length: votes }, (_, i) => ({ contest: id, voter: `v${i}`, ...vote(i) }));
  for (const [type, all] of [['contest.entry', entered] as const, ['vote', voted] as const]) {
    for (let from = 0; from < all.length; from += 5_000) {
      const events = all.slice(from, from + 5_000).map((data, i) => ({
        specversion: '1.0',
        id: `${id}-${type}-${from + i}`,
        source: '/bench',
        type,
        time: new Date(begun + from + i).toISOString(),
        data,
      }));
      await ask('/events', events, 'application/cloudevents-batch+json');
    }
  }
  for (;;) {
    const { caughtUp } = (await ask('/lag')) as { caughtUp: boolean };
    if (caughtUp) return;
    await delay(200);
  }
}

async function askPairs(how: string, atOnce: number): Promise<void> {
  const ms: number[] = [];
  let next = 0;
  const shown = new Set<string>();
  const one = async () => {
    for (let voter = next++; voter < voters; voter = next++) {
      const { seconds, result } = await measure(() => ask(`/contests/pairs/pair?voter=${how[0]}${voter}`));
      ms.push(seconds * 1_000);
      const { pair } = result as { pair: { entry: string }[] };
      shown.add(
        pair
          .map(({ entry }) => entry)
          .sort()
          .join(),
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  const sorted = ms.toSorted((a, b) => a - b);
  const p95 = sorted[Math.floor(sorted.length * 0.95)];
  const numbers = `median ${median(ms).toFixed(0)} ms, p95 ${p95.toFixed(0)} ms, at most ${sorted.at(-1)!.toFixed(0)} ms`;
  console.log(`a pair, ${voters} voters ${how}: ${numbers}; ${shown.size} different pairs`);
}

async function took(work: () => Promise<unknown>): Promise<string> {
  const { seconds } = await measure(work);
  return `in ${(seconds * 1_000).toFixed(0)} ms`;
}

async function ask(path: string, body?: unknown, type = 'application/json'): Promise<unknown> {
  const headers: Record<string, string> = { 'x-api-key': adminKey, ...(body ? { 'content-type': type } : {}) };
  const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
  const response = await fetch(`${weir.url}/api/v1${path}`, init);
  if (!response.ok) throw new TypeError(`${path}: ${await response.text()}`);
  return response.json();
}
