import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '#libs/log';
import { type LineParser, parsers, positionId } from '#libs/parsers';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';
import type { AccessLog } from './access-log.js';
import { thousands, usage } from './measure.js';

/** The same events as an access log and as the JSON that the parser makes of it. */
export async function writeFiles(log: AccessLog, folder: string): Promise<{ nginx: string; ndjson: string }> {
  const files = { nginx: join(folder, 'access.log'), ndjson: join(folder, 'access.ndjson') };
  const text = createWriteStream(files.nginx);
  const json = createWriteStream(files.ndjson);
  for (let i = 0; i < log.lines; i++) {
    if (!text.write(`${log.line(i)}\n`)) await once(text, 'drain');
    for (const { value } of eventsOf(log, i)) if (!json.write(`${value}\n`)) await once(json, 'drain');
  }
  await Promise.all([text, json].map((file) => new Promise((done) => file.end(done))));
  return files;
}

const parse = (parsers.get('nginx') as LineParser).open({ source: 'bench', id: positionId, receivedAt: 0 });

function eventsOf(log: AccessLog, i: number) {
  const line = log.line(i);
  const outcome = parse(line, i);
  if (outcome.kind !== 'events') throw new TypeError(`${line}: ${outcome.reason}`);
  return outcome.events;
}

/** Line `i` as the JSON event that the log stores. */
export const eventLine = (log: AccessLog, i: number): Buffer => eventsOf(log, i)[0].value;

const recordsPerAppend = 5000;

/** Writes what ingest would write of an access log: a log to start from. */
export async function fillLog(to: Log, log: AccessLog, partitions: number): Promise<void> {
  await to.createTopic('api.call', { partitions });
  for (let from = 0; from < log.lines; from += recordsPerAppend) {
    const lines = Array.from({ length: Math.min(recordsPerAppend, log.lines - from) }, (_, i) => from + i);
    const events = lines.flatMap((i) => eventsOf(log, i));
    await to.append(
      'api.call',
      events.map(({ key, timeMs, value }) => ({ key: Buffer.from(key), time: timeMs, value })),
    );
  }
}

export interface Found {
  rule: { name: string };
  group: Record<string, string>;
}

export interface Way {
  events: number;
  seconds: number;
  /** Of the server, its start left out. */
  cpuSeconds: number;
  peakMiB: number;
  found: number;
  falseAlerts: number;
  auditAgrees: boolean;
  /** CPU seconds that the server had used when it was ready. */
  startCpuSeconds: number;
}

/** Feeds a file to a fresh Weir and waits until every consumer is through with it. */
export async function fileToAlerts(
  stream: string,
  file: string,
  log: AccessLog,
  env: NodeJS.ProcessEnv = {},
): Promise<Way> {
  const cli = new Cli();
  try {
    const weir = await cli.start(env);
    const before = usage(weir.pid);
    const start = performance.now();
    await cli.json('ingest', file, '--as', stream);
    await caughtUp(cli, weir);
    return await outcome(cli, weir, log, start, before.cpu, before.cpu);
  } finally {
    await cli.close();
  }
}

/** Starts a Weir on a log that is full already; its start took `startCpuSeconds` where the log was empty. */
export async function logToAlerts(
  fill: (dataDir: string) => Promise<void>,
  log: AccessLog,
  env: NodeJS.ProcessEnv,
  startCpuSeconds: number,
): Promise<Way> {
  const cli = new Cli();
  try {
    await fill(cli.dataDir);
    const start = performance.now();
    const weir = await cli.start(env);
    await caughtUp(cli, weir);
    return await outcome(cli, weir, log, start, startCpuSeconds, startCpuSeconds);
  } finally {
    await cli.close();
  }
}

/** Looks once a second: each look costs the server CPU, on Kafka a hundred questions to the brokers. */
async function caughtUp(cli: Cli, weir: Running): Promise<void> {
  for (let behind = true; behind; ) {
    await delay(1000);
    const lag = await get<{ caughtUp: boolean }>(cli, weir, '/api/v1/lag');
    behind = !lag.caughtUp;
  }
}

async function outcome(
  cli: Cli,
  weir: Running,
  { attackers, lines }: AccessLog,
  start: number,
  cpuBefore: number,
  startCpuSeconds: number,
): Promise<Way> {
  const seconds = (performance.now() - start) / 1000;
  const after = usage(weir.pid);
  const { items } = await get<{ items: Found[] }>(cli, weir, '/api/v1/alerts?limit=200');
  const audit = await cli.json<{ agrees: boolean }>('audit');
  const found = attackers.filter(({ ip, rule }) => items.some((a) => a.rule.name === rule && has(a, ip)));
  const innocent = items.filter((alert) => !attackers.some(({ ip }) => has(alert, ip)));
  return {
    events: lines,
    seconds,
    cpuSeconds: after.cpu - cpuBefore,
    peakMiB: after.peakMiB,
    found: found.length,
    falseAlerts: innocent.length,
    auditAgrees: audit.agrees,
    startCpuSeconds,
  };
}

/** One line of what it took, and of whether it is right. */
export function sayWay(name: string, way: Way, { attackers }: AccessLog): void {
  const { events, seconds, cpuSeconds, peakMiB, found, falseAlerts, auditAgrees } = way;
  console.log(
    `${name}: ${thousands(events)} events in ${seconds.toFixed(1)} s, ` +
      `${thousands(events / cpuSeconds)} per CPU-second, peak ${peakMiB} MiB; ` +
      `${found} of ${attackers.length} attackers, ${falseAlerts} false alerts, audit ${auditAgrees ? 'agrees' : 'DIFFERS'}`,
  );
}

const has = (alert: Found, ip: string): boolean => Object.values(alert.group).includes(ip);

async function get<T>(cli: Cli, weir: Running, path: string): Promise<T> {
  const response = await fetch(weir.url + path, { headers: { 'x-api-key': keyOf(cli) } });
  return (await response.json()) as T;
}

export const keyOf = (cli: Cli): string => readFileSync(join(cli.dataDir, 'admin.key'), 'utf8').trim();
