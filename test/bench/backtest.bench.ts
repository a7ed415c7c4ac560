/**
 * A backtest of a rule that ships, over an access log that the embedded log holds: how fast it is, and what live alerts
 * feel of it.
 *
 *   npm run build && node dist/test/bench/backtest.bench.js [EVENTS] [EVENTS_PER_SECOND] [SECONDS]
 *
 * The server is a process of its own. Live events arrive at a steady rate, first with nothing beside them, then while one
 * backtest after the other runs: the time from when an event is due to be sent until its alert arrives is taken.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BacktestReport } from '#libs/backtest';
import { systemClock } from '#libs/clock';
import { openEmbeddedLog } from '#libs/log';
import { Cli } from '../../apps/weir/testing/cli.js';
import { accessLog } from './access-log.js';
import { fillLog, keyOf } from './file-to-alerts.js';
import { median, thousands } from './measure.js';
import { drive, openStream } from './steady-traffic.js';

const [events, perSecond, seconds] = [1_000_000, 5_000, 10].map((value, i) => Number(process.argv[2 + i] ?? value));
const alertsPerSecond = 20;
/** Counts most events of the log, and alerts about none of those that arrive. */
const rule = { rules: ['web-crawling'], to: '2026-02-01T00:00:00Z' };

const rateOf = ({ events, seconds }: BacktestReport): number => events / seconds;

const cli = new Cli();
try {
  const log = await openEmbeddedLog({ directory: join(cli.dataDir, 'log'), clock: systemClock });
  await fillLog(log, accessLog(events), 16);
  await log.close();
  const weir = await cli.start();
  await cli.json('lag', '--wait');
  for (const [name, more] of [
    ['its own limit and three around it', {}],
    ['its own limit alone', { thresholds: [150] }],
  ] as const) {
    const rates: number[] = [];
    for (let round = 0; round < 3; round++) rates.push(rateOf(await backtest(weir.url, { ...rule, ...more })));
    console.log(`a backtest against ${name}: ${thousands(median(rates))} events/s`);
  }
  const quiet = await latencies(weir.url);
  let isOver = false;
  const rates: number[] = [];
  const beside = (async () => {
    while (!isOver) rates.push(rateOf(await backtest(weir.url, rule)));
  })();
  const busy = await latencies(weir.url);
  isOver = true;
  await beside;
  for (const [name, { p50, p99, alerts }] of [
    ['nothing beside it', quiet],
    ['backtests beside it', busy],
  ] as const) {
    console.log(
      `ingest to alert at ${thousands(perSecond)} events/s, ${name}: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms (${alerts} alerts)`,
    );
  }
  const times = (share: 'p50' | 'p99') => (busy[share] / quiet[share]).toFixed(1);
  console.log(
    `with backtests p50 is ${times('p50')} times, p99 ${times('p99')} times what it is without; they make ${thousands(median(rates))} events/s`,
  );
} finally {
  await cli.close();
}

async function backtest(url: string, asked: object): Promise<BacktestReport> {
  const headers = { 'x-api-key': keyOf(cli), 'content-type': 'application/json' };
  const path = `${url}/api/v1/backtests`;
  const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(asked) });
  const { id } = (await response.json()) as { id: string };
  for (;;) {
    const job = (await (await fetch(`${path}/${id}`, { headers })).json()) as {
      report: BacktestReport | null;
      error: object | null;
    };
    if (job.report !== null) return job.report;
    if (job.error !== null) throw new TypeError(JSON.stringify(job.error));
    await delay(200);
  }
}

async function latencies(url: string): Promise<{ p50: number; p99: number; alerts: number }> {
  const dueAt = new Map<string, number>();
  const taken: number[] = [];
  const stream = await openStream(url, keyOf(cli), (ip) => {
    const due = dueAt.get(ip);
    if (due === undefined) return;
    dueAt.delete(ip);
    taken.push(performance.now() - due);
  });
  await drive(url, keyOf(cli), { perSecond, alertsPerSecond, seconds: Math.min(3, seconds) }, () => {});
  await drive(url, keyOf(cli), { perSecond, alertsPerSecond, seconds }, (ip, due) => dueAt.set(ip, due));
  await delay(2000);
  stream.destroy();
  taken.sort((a, b) => a - b);
  const at = (share: number) => taken[Math.floor(taken.length * share)];
  return { p50: at(0.5), p99: at(0.99), alerts: taken.length };
}
