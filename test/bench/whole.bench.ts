/**
 * The whole way, through a real Weir and its command line: a file to alerts, and one event to its alert under load.
 *
 *   npm run build && node dist/test/bench/whole.bench.js [EVENTS] [EVENTS_PER_SECOND] [SECONDS] [ALERTS_PER_SECOND]
 *
 * The server is a process of its own (embedded log and PostgreSQL on the disk that TMPDIR is on). Per CPU-second counts
 * its CPU alone, all its threads, its start left out; PostgreSQL's is not in it. 0 EVENTS: only the second. Settings are those of
 * the environment.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Cli } from '../../apps/weir/testing/cli.js';
import { accessLog } from './access-log.js';
import { fileToAlerts, keyOf, sayWay, writeFiles } from './file-to-alerts.js';
import { thousands, threadUsage } from './measure.js';
import { drive, openStream } from './steady-traffic.js';

const [events, perSecond, seconds, alertsPerSecond] = [1_000_000, 100_000, 10, 20].map((value, i) =>
  Number(process.argv[2 + i] ?? value),
);
const settings = Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('WEIR_')));

/**
 * Events at a steady rate in NDJSON batches of 100; so many times a second a new address fails to sign in ten times, and
 * the time from when that batch was due until the alert arrives on the stream of alerts is taken.
 */
async function ingestToAlert(warmUpSeconds: number): Promise<void> {
  const cli = new Cli();
  try {
    const weir = await cli.start(settings);
    const dueAt = new Map<string, number>();
    const latencies: number[] = [];
    const stream = await openStream(weir.url, keyOf(cli), (ip) => {
      const due = dueAt.get(ip);
      if (due === undefined) return;
      dueAt.delete(ip);
      latencies.push(performance.now() - due);
    });
    await drive(weir.url, keyOf(cli), { perSecond, alertsPerSecond, seconds: warmUpSeconds }, () => {});
    const before = threadUsage(weir.pid);
    const sent = await drive(weir.url, keyOf(cli), { perSecond, alertsPerSecond, seconds }, (ip, due) =>
      dueAt.set(ip, due),
    );
    const after = [...threadUsage(weir.pid)].map(([name, cpu]) => ({ name, cpu: cpu - (before.get(name) ?? 0) }));
    await delay(2000);
    stream.destroy();
    latencies.sort((a, b) => a - b);
    const at = (share: number) => latencies[Math.floor(latencies.length * share)]?.toFixed(1);
    console.log(
      `ingest to alert over HTTP at ${thousands(sent / seconds)} events/s: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms ` +
        `(${latencies.length} alerts, ${dueAt.size} missing); of a core: ${after.map(shareOf).filter(isMuch).join(', ')}`,
    );
  } finally {
    await cli.close();
  }
}

const shareOf = ({ name, cpu }: { name: string; cpu: number }): string =>
  `${name} ${((cpu / seconds) * 100).toFixed(0)} %`;
const isMuch = (share: string): boolean => !/ [01] %$/.test(share);

async function filesToAlerts(folder: string): Promise<void> {
  const log = accessLog(events);
  const files = await writeFiles(log, folder);
  for (const stream of ['ndjson', 'nginx'] as const) {
    sayWay(`file to alerts, ${stream}`, await fileToAlerts(stream, files[stream], log, settings), log);
  }
}

const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'));
try {
  if (events > 0) await filesToAlerts(folder);
  await ingestToAlert(Math.min(5, seconds));
} finally {
  rmSync(folder, { recursive: true });
}
