/**
 * The embedded log on this disk: node dist/test/bench/log.bench.js [SECONDS per figure] [none|zstd]
 * Prints durable appends (each awaited) by producers and records a batch, reads of what was appended, and opening it.
 * Absolute figures are the disk's as much as the log's: run it on a quiet machine.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#libs/clock';
import { type Log, type LogRecord, openEmbeddedLog } from '#libs/log';

const seconds = Number(process.argv[2] ?? 4);
const compression = process.argv[3] === 'zstd' ? 'zstd' : 'none';
const partitions = 16;
/** Requests that differ as those of a day do: what is compressed depends on it. */
const values = Array.from({ length: 10_000 }, (_, i) => {
  const mixed = Math.imul(i + 1, 2654435761) >>> 0;
  return Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id: `01HZX3${mixed.toString(36).padStart(7, '0')}`,
      source: 'bench',
      type: 'api.call',
      time: new Date(Date.UTC(2026, 0, 15, 10) + i * 37).toISOString(),
      data: {
        client: `client-${mixed % 1_000_000}`,
        method: i % 9 === 0 ? 'POST' : 'GET',
        path: `/api/v1/${['feed', 'login', 'items', 'search'][mixed % 4]}`,
        status: i % 40 === 0 ? 401 : 200,
        ip: `10.${mixed & 255}.${(mixed >>> 8) & 255}.${(mixed >>> 16) & 255}`,
      },
    }),
  );
});
const keys = Array.from({ length: 10_000 }, (_, i) => Buffer.from(`client-${i}`));

const million = (perSecond: number): string => `${(perSecond / 1e6).toFixed(3)} M/s`;
const rss = (): string => `peak ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`;
const cpuSeconds = (before: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
};

/** Appends for a while from `producers` loops, each with one batch under way. `keyed`: records go to their keys' partitions. */
async function append(log: Log, topic: string, producers: number, records: number, keyed: boolean): Promise<void> {
  await log.createTopic(topic, { partitions, compression });
  let next = 0;
  const batch = (): LogRecord[] =>
    Array.from({ length: records }, () => {
      const i = next++ % values.length;
      return { time: 1, value: values[i], key: keyed ? keys[i] : null };
    });
  const produce = async (until: number, acks: number[]) => {
    while (performance.now() < until) {
      const began = performance.now();
      await log.append(topic, batch());
      acks.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: producers }, () => produce(performance.now() + 500, [])));
  const acks: number[] = [];
  const cpu = process.cpuUsage();
  const began = performance.now();
  await Promise.all(Array.from({ length: producers }, () => produce(began + seconds * 1000, acks)));
  const took = (performance.now() - began) / 1000;
  acks.sort((a, b) => a - b);
  const percentile = (share: number) => `${acks[Math.floor(acks.length * share)].toFixed(2)}`;
  const events = acks.length * records;
  console.log(
    `append P${producers} B${records}${keyed ? ' keyed' : ''}: ${million(events / took)}, ack p50 ${percentile(0.5)} p99 ${percentile(0.99)} ms, ${million(events / cpuSeconds(cpu))} per CPU-second, ${rss()}`,
  );
}

async function read(log: Log, topic: string): Promise<void> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  let records = 0;
  let bytes = 0;
  for (const { partition, next } of (await log.describe(topic)).partitions) {
    for (let offset = 0; offset < next; ) {
      const batch = await log.read(topic, partition, offset);
      for (let i = 0; i < batch.count; i++) bytes += batch.columns.valueEnd[i] - batch.columns.valueStart[i];
      records += batch.count;
      offset = batch.nextOffset;
    }
  }
  report(`read ${topic}, partition after partition`, records, bytes, began, cpu);
}

async function consume(log: Log, topic: string): Promise<void> {
  const { partitions: all } = await log.describe(topic);
  const total = all.reduce((sum, { next }) => sum + next, 0);
  const cpu = process.cpuUsage();
  const began = performance.now();
  const consumer = await log.consume('bench', [topic], { bytesMax: 4 * 1024 * 1024 });
  let records = 0;
  let bytes = 0;
  while (records < total) {
    for (const batch of (await consumer.poll()) ?? []) {
      for (let i = 0; i < batch.count; i++) bytes += batch.columns.valueEnd[i] - batch.columns.valueStart[i];
      records += batch.count;
    }
  }
  await consumer.close();
  report(`consume ${topic}, all partitions`, records, bytes, began, cpu);
}

function report(what: string, records: number, bytes: number, began: number, cpu: NodeJS.CpuUsage): void {
  const took = (performance.now() - began) / 1000;
  console.log(
    `${what}: ${million(records / took)}, ${Math.round(bytes / took / 1e6)} MB/s, ${million(records / cpuSeconds(cpu))} per CPU-second, ${rss()}`,
  );
}

const directory = await mkdtemp(join(tmpdir(), 'weir-log-bench-'));
const open = () => openEmbeddedLog({ directory, clock: systemClock });
let log = await open();
try {
  await append(log, 'p1b1', 1, 1, true);
  await append(log, 'p64b1', 64, 1, true);
  await append(log, 'p64b100', 64, 100, false);
  await append(log, 'p64b100keyed', 64, 100, true);
  await log.close();
  const began = performance.now();
  log = await open();
  const descriptions = await Promise.all((await log.topics()).map((topic) => log.describe(topic)));
  const bytes = descriptions.reduce((sum, each) => sum + each.bytes, 0);
  for (const { topic, bytes, partitions } of descriptions) {
    const records = partitions.reduce((sum, { next }) => sum + next, 0);
    console.log(`${topic}, compression ${compression}: ${Math.round(bytes / records)} bytes a record on disk`);
  }
  console.log(`open ${Math.round(bytes / 1e6)} MB: ${Math.round(performance.now() - began)} ms`);
  for (const topic of ['p64b1', 'p64b100', 'p64b100keyed']) {
    await read(log, topic);
    await consume(log, topic);
  }
} finally {
  await log.close();
  await rm(directory, { recursive: true });
}
