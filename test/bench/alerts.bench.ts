/**
 * A million alerts, through a real Weir over HTTP: lists, filters, searches and incidents; then clients that listen.
 *
 *   npm run build && node dist/test/bench/alerts.bench.js [ALERTS] [CLIENTS] [SECONDS]
 *
 * PostgreSQL, Weir, and this process, which asks, share the machine. Each question is asked one after the other.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { applyAlerts, claimPositions, openDatabase, startEmbeddedPostgres } from '#libs/storage';
import { Cli } from '../../apps/weir/testing/cli.js';
import { alertEvent } from '../../libs/storage/testing/alert-event.js';
import { ALERT_EVERY_MS, FILLED_FROM_MS, fillAlerts, filledId } from '../../libs/storage/testing/fill-alerts.js';
import { keyOf } from './file-to-alerts.js';
import { measure, thousands } from './measure.js';

const [alerts, clients, seconds] = [1_000_000, 200, 60].map((value, i) => Number(process.argv[2 + i] ?? value));
const rounds = 40;
const at = (share: number) => new Date(FILLED_FROM_MS + alerts * share * ALERT_EVERY_MS).toISOString();
const cursorAt = (share: number) => Buffer.from(`${at(share)} x`).toString('base64url');

const questions: [name: string, path: string][] = [
  ['list', 'alerts'],
  ['list, half way down', `alerts?cursor=${cursorAt(0.5)}`],
  ['state=open', 'alerts?state=open'],
  ['severity=critical', 'alerts?severity=critical'],
  ['status=new', 'alerts?status=new'],
  ['owner', 'alerts?owner=analyst-7'],
  ['verdict=false-positive', 'alerts?verdict=false-positive'],
  ['rule, one that raises much', 'alerts?rule=rule-0'],
  ['rule, one that raises little', 'alerts?rule=rule-name-19'],
  ['group', 'alerts?group=user:user31'],
  ['since, until', `alerts?since=${at(0.2)}&until=${at(0.3)}`],
  ['rule, severity it never has', 'alerts?rule=rule-0&severity=critical'],
  ['rule, status, severity', 'alerts?rule=rule-3&status=new&severity=high'],
  ['q, few', 'alerts?q=10.31.17.'],
  ['q, many', 'alerts?q=number%204'],
  ['q, none', 'alerts?q=nobody'],
  ['q, owner, state', 'alerts?q=user31&owner=analyst-7&state=closed'],
  ['one alert', `alerts/${filledId(alerts - 7)}`],
  ['incidents', 'incidents'],
  ['incidents, half way down', `incidents?cursor=${cursorAt(0.5)}`],
  ['incidents, state=open', 'incidents?state=open'],
  ['incidents, severity=critical', 'incidents?severity=critical'],
  ['incidents, status=new', 'incidents?status=new'],
  ['incidents, owner', 'incidents?owner=analyst-7'],
  ['incidents, verdict=false-positive', 'incidents?verdict=false-positive'],
  ['incidents, verdict=true-positive', 'incidents?verdict=true-positive'],
  ['incidents, verdict and rule', 'incidents?verdict=false-positive&rule=rule-0'],
  ['incidents, rule, one that raises little', 'incidents?rule=rule-19'],
  ['incidents, group', 'incidents?group=user:user31'],
  ['incidents, q', 'incidents?q=10.31.17.'],
  ['an incident of 5', `incidents/${filledId(alerts - 7)}`],
  ['an incident of 10,000', `incidents/${filledId(Math.max(0, alerts - 100_000))}`],
];

const agent = new Agent({ keepAlive: true });

/** Resolves with the answer when its head is there. */
function open(url: string, key: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, { agent, headers: { 'x-api-key': key } }, resolve)
      .on('error', reject)
      .end();
  });
}

async function ask(url: string, key: string): Promise<number> {
  const began = performance.now();
  const response = await open(url, key);
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk;
  if (response.statusCode !== 200) throw new TypeError(`${url} answered ${response.statusCode}: ${body}`);
  return performance.now() - began;
}

function quantiles(values: readonly number[]): { p50: number; p95: number; max: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const of = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { p50: of(0.5), p95: of(0.95), max: of(1) };
}

async function askAll(url: string, key: string): Promise<void> {
  let worst = 0;
  for (const [name, path] of questions) {
    const took: number[] = [];
    for (let round = 0; round < rounds; round++) took.push(await ask(`${url}/api/v1/${path}`, key));
    const { p50, p95 } = quantiles(took);
    worst = Math.max(worst, p95);
    console.log(`${name.padEnd(42)} p50 ${p50.toFixed(1).padStart(6)} ms, p95 ${p95.toFixed(1).padStart(6)} ms`);
  }
  console.log(`the slowest p95: ${worst.toFixed(1)} ms`);
}

/** MiB in memory now. Linux only. */
function residentMiB(pid: number): number {
  const [, kb] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Math.round(Number(kb) / 1024);
}

/** Ten new alerts a second, and for each and every client the time from before it was written until it is there. */
async function listen(url: string, key: string, pid: number, database: DataSource): Promise<void> {
  const due = new Map<string, number>();
  const took: number[] = [];
  const streams = await Promise.all(Array.from({ length: clients }, () => open(`${url}/api/v1/alerts/stream`, key)));
  for (const stream of streams) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const id = /^data: \{"id":"(live-\d+)"/.exec(line)?.[1];
        if (id !== undefined) took.push(performance.now() - due.get(id)!);
      }
    });
  }
  const memory: number[] = [];
  const perSecond = 10;
  const began = performance.now();
  for (let n = 0; n < seconds * perSecond; n++) {
    await delay(Math.max(0, began + (n * 1000) / perSecond - performance.now()));
    if (n % Math.ceil((seconds * perSecond) / 6) === 0) memory.push(residentMiB(pid));
    due.set(`live-${n}`, performance.now());
    await project(database, n);
  }
  await delay(1_000);
  memory.push(residentMiB(pid));
  for (const stream of streams) stream.destroy();
  const { p50, p95, max } = quantiles(took);
  console.log(
    `${clients} clients, ${perSecond} alerts a second: p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, ` +
      `longest ${max.toFixed(1)} ms, ${thousands(took.length)} of ${thousands(due.size * clients)} arrived; ` +
      `memory over time ${memory.join(', ')} MiB`,
  );
}

async function project(database: DataSource, n: number): Promise<void> {
  const position = { projection: 'bench', topic: 'alert', partition: 0, offset: n };
  await claimPositions(database, [position]);
  const opened = new Date(Date.UTC(2026, 5, 1) + n * 1_000).toISOString();
  const alert = alertEvent({
    id: `live-${n}`,
    group: { ip: `192.0.${n % 200}.${n % 250}` },
    openedAt: opened,
    lastSeen: opened,
    position: { partition: 0, offset: n },
  });
  await applyAlerts(database, [{ reached: position, records: [{ offset: n, alert }], next: n + 1 }]);
}

const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'));
const postgres = await startEmbeddedPostgres({ directory: folder });
const patient = { statementTimeoutMs: 600_000, answerTimeoutMs: 600_000 };
const database = await openDatabase({ url: postgres.url, ...patient });
const cli = new Cli();
try {
  const { seconds: filling } = await measure(() => fillAlerts(database, alerts));
  console.log(`${thousands(alerts)} alerts, filled in ${filling.toFixed(0)} s`);
  const weir = await cli.start({ WEIR_DATABASE_URL: postgres.url, WEIR_REQUESTS_PER_MINUTE: '1000000' });
  await askAll(weir.url, keyOf(cli));
  await listen(weir.url, keyOf(cli), weir.pid, database);
} finally {
  agent.destroy();
  await cli.close();
  await database.destroy();
  await postgres.stop();
  rmSync(folder, { recursive: true });
}
