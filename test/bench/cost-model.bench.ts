/**
 * What each step of the way costs, measured in one run from the code itself, and what that means at a given rate:
 *
 *   npm run build && node dist/test/bench/cost-model.bench.js [EVENTS] [SECONDS] [RECORDS] [ROUNDS]
 *
 * Starts the trial broker where none runs. The figures of HTTP, log and whole way are those of the other benchmarks. Prints
 * the unit costs of docs/scale.md, as JSON for `scale/scale.js`.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { applyAlerts, claimPositions } from '#libs/storage';
import { alertEvent } from '../../libs/storage/testing/alert-event.js';
import { openTestDatabase } from '../../libs/storage/testing/test-database.js';
import { accessLog } from './access-log.js';
import { runDetection } from './detection-run.js';
import { eventLine } from './file-to-alerts.js';
import { benchBroker } from './kafka-broker.js';
import { measure } from './measure.js';
import type { UnitCosts } from './scale/costs.js';

const [events, seconds, records, rounds] = [500_000, 3, 300_000, 2].map((value, i) =>
  Number(process.argv[2 + i] ?? value),
);
const traffic = accessLog(events);
/** Records that the log puts into one batch of one partition when it is busy. */
const batchRecords = 300;
/** A group beside its events, and an event of it: from detect.bench. */
const groupBytes = 60;

/** What another benchmark prints is shown; what it sends comes back. */
async function figuresOf(file: string, ...parameters: (string | number)[]): Promise<Record<string, number>> {
  const child = fork(join(import.meta.dirname, file), parameters.map(String), { timeout: 300_000 });
  const exited = once(child, 'exit');
  const figures = await Promise.race([once(child, 'message'), exited.then(() => [null])]);
  await exited;
  if (!figures[0]) throw new TypeError(`${file} ended without figures.`);
  return figures[0] as Record<string, number>;
}

const us = (perSecond: number): number => 1e6 / perSecond;

/** Microseconds of this process for an alert that is new, 100 at a time; PostgreSQL's own CPU is not in it. */
async function projection(): Promise<number> {
  const test = await openTestDatabase();
  const at = { projection: 'bench', topic: 'alert', partition: 0, offset: 0 };
  const batch = 100;
  const batches = 30;
  try {
    await claimPositions(test.database, [at]);
    const write = async (from: number) => {
      const alerts = Array.from({ length: batch }, (_, i) => from + i).map((offset) => ({
        offset,
        alert: alertEvent({ id: `bench-${offset}` }),
      }));
      await applyAlerts(test.database, [{ reached: { ...at, offset: from }, records: alerts, next: from + batch }]);
    };
    await write(0);
    const { cpuSeconds } = await measure(async () => {
      for (let i = 1; i <= batches; i++) await write(i * batch);
    });
    return (cpuSeconds * 1e6) / (batch * batches);
  } finally {
    await test.close();
  }
}

function detection() {
  const samples: Buffer[] = [];
  let hitStored = 0;
  let hitPlain = 0;
  const run = runDetection(traffic, (matches) => {
    for (const { value } of matches) {
      hitPlain += value.length;
      hitStored += zstdCompressSync(value).length;
    }
  });
  for (let i = 0; i < Math.min(events, batchRecords * 20); i++) samples.push(eventLine(traffic, i));
  const bytes = samples.reduce((sum, { length }) => sum + length, 0);
  let stored = 0;
  for (let from = 0; from < samples.length; from += batchRecords) {
    stored += zstdCompressSync(Buffer.concat(samples.slice(from, from + batchRecords))).length;
  }
  return {
    matchUs: (run.matchSeconds * 1e6) / run.events,
    windowPerHitUs: (run.windowSeconds * 1e6) / run.hits,
    hitsPerEvent: run.hits / run.events,
    eventBytes: bytes / samples.length,
    eventStoredBytes: stored / samples.length,
    hitBytes: hitPlain / run.hits,
    hitStoredBytes: hitStored / run.hits,
  };
}

async function costs(http: Record<string, number>): Promise<UnitCosts> {
  const log = await figuresOf('kafka.bench.js', records, rounds + 1);
  const whole = await figuresOf('kafka-whole.bench.js', events, rounds);
  return {
    ingestNdjsonUs: us(http['NDJSON x100, 16 connections']),
    ingestJsonUs: us(http['JSON array x100, 16 connections']),
    appendEmbeddedUs: us(log['produce, embedded log']),
    appendKafkaUs: us(log['produce, log on Kafka']),
    readEmbeddedUs: us(log['consume, embedded log']),
    readKafkaUs: us(log['consume, log on Kafka']),
    ...detection(),
    projectPerAlertUs: await projection(),
    groupBytes,
    wholeEmbeddedUs: us(whole['file to alerts, embedded']),
    detectEmbeddedUs: us(whole['log to alerts, embedded']),
    wholeKafkaUs: us(whole['file to alerts, kafka']),
    detectKafkaUs: us(whole['log to alerts, kafka']),
  };
}

const http = await figuresOf('http.bench.js', seconds);
const broker = await benchBroker('the cost model');
if (broker) {
  try {
    const measured = await costs(http);
    const rounded = Object.entries(measured).map(([name, value]) => [name, Number(value.toPrecision(3))]);
    console.log(JSON.stringify(Object.fromEntries(rounded), null, 2));
  } finally {
    await broker.release();
  }
}
process.exit();
