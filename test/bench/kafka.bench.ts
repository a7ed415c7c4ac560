/**
 * The log on Kafka against the embedded log and against the client without a log, produce and consume:
 *
 *   npm run build && node dist/test/bench/kafka.bench.js [RECORDS] [ROUNDS] [none|lz4|zstd]
 *
 * Starts the trial broker where none runs. Everybody writes the same records with the same compression, in calls of 200
 * from 16 callers, and reads the same topic. A round measures all of them once; the first one warms up, of the others
 * the median counts. CPU is that of this process: the broker's is not in it.
 *
 * Two ceilings: the client's public Producer and Consumer, used well and doing nothing else; and its protocol layer,
 * which our log uses too, with records that were laid out beforehand and are not looked at.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Consumer, MessagesStreamModes, ProduceAcks, Producer } from '@platformatic/kafka';
import { systemClock } from '#libs/clock';
import { type KafkaCompression, type Log, type LogRecord, openEmbeddedLog, openKafkaLog, partitionOf } from '#libs/log';
import { benchBroker } from './kafka-broker.js';
import { layOut, Wire } from './kafka-wire.js';
import { type Measured, measure, median, thousands } from './measure.js';

const [recordsText = '500000', roundsText = '4', codec = 'zstd'] = process.argv.slice(2);
const compression = codec as KafkaCompression;
const records = Number(recordsText);
const rounds = Number(roundsText);
const partitions = 16;
const callers = 16;
const recordsPerCall = 200;
/** What the plain client is given at once where it may choose: it puts into one batch only what one call brings. */
const recordsPerLargeCall = 5000;
const bytesMax = 1024 * 1024;
const prefix = `bench-${process.pid}.`;

const lines = Array.from({ length: 1000 }, (_, i) =>
  Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id: `01HZX3J7M2Q4${i}`,
      source: 'bench',
      type: 'api.call',
      time: '2026-01-15T10:00:00.000Z',
      data: {
        client: `client-${i * 7919}`,
        method: 'GET',
        path: '/api/v1/feed',
        status: 200,
        ip: `203.0.113.${i % 256}`,
      },
    }),
  ),
);
const keys = Array.from({ length: 10_000 }, (_, i) => Buffer.from(`client-${i}`));
const time = Date.UTC(2026, 0, 15, 10);
const recordAt = (i: number): LogRecord & { key: Buffer; value: Buffer } => ({
  key: keys[i % keys.length],
  time,
  value: lines[i % lines.length],
});

/** Each caller awaits its call, then makes the next. Resolves with how many records were sent. */
async function produce(perCall: number, send: (from: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const caller = async () => {
    while (next < records) {
      const from = next;
      next += perCall;
      await send(from);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return next;
}

const produceTo = (log: Log) =>
  produce(recordsPerCall, (from) =>
    log.append(
      'ours',
      Array.from({ length: recordsPerCall }, (_, i) => recordAt(from + i)),
    ),
  );

const producePlainly = (producer: Producer<Buffer, Buffer, string, string>, perCall: number) =>
  produce(perCall, (from) =>
    producer.send({
      messages: Array.from({ length: perCall }, (_, i) => {
        const { key, value } = recordAt(from + i);
        return { topic: `${prefix}plain`, key, value };
      }),
    }),
  );

/** One request after the other, with as much in each as our log gathers from the callers. */
async function produceBytes(wire: Wire, batches: readonly Buffer[]): Promise<number> {
  let sent = 0;
  for (; sent < records; sent += callers * recordsPerCall) await wire.produce(`${prefix}plain`, batches);
  return sent;
}

function batchesOfOneRequest(): Buffer[] {
  const byPartition = Map.groupBy(
    Array.from({ length: callers * recordsPerCall }, (_, i) => recordAt(i)),
    ({ key }) => partitionOf(key, partitions),
  );
  return Array.from({ length: partitions }, (_, partition) => layOut(byPartition.get(partition) ?? [], time));
}

let groups = 0;

async function consumeFrom(log: Log): Promise<number> {
  const { partitions: all } = await log.describe('ours');
  const total = all.reduce((sum, { next }) => sum + next, 0);
  const consumer = await log.consume(`ours-${groups++}`, ['ours'], { bytesMax });
  let count = 0;
  while (count < total) for (const batch of (await consumer.poll()) ?? []) count += batch.count;
  await consumer.close();
  return count;
}

/** Reads what our log has written: the same batches. */
async function consumePlainly(address: string, total: number): Promise<number> {
  const consumer = new Consumer({
    clientId: 'bench',
    groupId: `${prefix}plain-${groups++}`,
    bootstrapBrokers: [address],
    maxWaitTime: 100,
    highWaterMark: 8192,
  });
  const mode = MessagesStreamModes.EARLIEST;
  const stream = await consumer.consume({ topics: [`${prefix}ours`], mode, autocommit: false });
  let count = 0;
  await new Promise<void>((resolve, reject) => {
    stream.on('error', reject).on('data', () => {
      if (++count === total) resolve();
    });
  });
  await stream.close();
  await consumer.close(true);
  return count;
}

type Contest = [name: string, work: () => Promise<number>][];

async function runRounds(contest: Contest): Promise<Map<string, number>> {
  const all = new Map<string, Measured<number>[]>(contest.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, work] of contest) {
      const measured = await measure(work);
      if (round > 0 || rounds === 1) all.get(name)!.push(measured);
    }
  }
  const perCore = new Map<string, number>();
  for (const [name, measured] of all) {
    const rate = median(measured.map(({ result, cpuSeconds }) => result / cpuSeconds));
    const wall = median(measured.map(({ result, seconds }) => result / seconds));
    perCore.set(name, rate);
    console.log(
      `${name.padEnd(44)} ${thousands(rate).padStart(10)} per CPU-second ${thousands(wall).padStart(10)} records/s`,
    );
  }
  return perCore;
}

async function compare(address: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'weir-kafka-bench-'));
  const embedded = await openEmbeddedLog({ directory, clock: systemClock });
  const kafka = await openKafkaLog({ brokers: [address], clock: systemClock, prefix, compression });
  const wire = new Wire(address, compression);
  const producer = new Producer<Buffer, Buffer, string, string>({
    clientId: 'bench',
    bootstrapBrokers: [address],
    idempotent: true,
    acks: ProduceAcks.ALL,
    compression,
  });
  try {
    await embedded.createTopic('ours', { partitions });
    for (const topic of ['ours', 'plain']) await kafka.createTopic(topic, { partitions });
    const batches = batchesOfOneRequest();
    console.log(`${thousands(records)} records of about ${lines[0].length} bytes, ${partitions} partitions, ${codec}`);
    const produced = await runRounds([
      ['produce, plain client, 200 a call', () => producePlainly(producer, recordsPerCall)],
      ['produce, plain client, 5,000 a call', () => producePlainly(producer, recordsPerLargeCall)],
      ['produce, protocol alone', () => produceBytes(wire, batches)],
      ['produce, log on Kafka', () => produceTo(kafka)],
      ['produce, embedded log', () => produceTo(embedded)],
    ]);
    const total = (await kafka.describe('ours')).partitions.reduce((sum, { next }) => sum + next, 0);
    const consumed = await runRounds([
      ['consume, plain client', () => consumePlainly(address, total)],
      ['consume, protocol alone', () => wire.consume(`${prefix}ours`, partitions, bytesMax)],
      ['consume, log on Kafka', () => consumeFrom(kafka)],
      ['consume, embedded log', () => consumeFrom(embedded)],
    ]);
    report('produce', produced);
    report('consume', consumed);
    process.send?.(Object.fromEntries([...produced, ...consumed]));
  } finally {
    await Promise.all([producer.close(), wire.close(), kafka.close(), embedded.close()]);
    await rm(directory, { recursive: true });
  }
}

function report(what: string, perCore: Map<string, number>): void {
  const ours = perCore.get(`${what}, log on Kafka`)!;
  const plain = Math.max(...[...perCore].filter(([name]) => name.includes('plain')).map(([, rate]) => rate));
  const [protocol, embedded] = [perCore.get(`${what}, protocol alone`)!, perCore.get(`${what}, embedded log`)!];
  const share = (of: number) => (ours / of).toFixed(2);
  console.log(
    `${what}, log on Kafka per core: ${share(plain)} of the plain client, ${share(protocol)} of the protocol alone, ${share(embedded)} of the embedded log`,
  );
}

const broker = await benchBroker('the log on Kafka against the plain client');
if (broker) {
  try {
    await compare(broker.address);
  } finally {
    await broker.release();
  }
}
process.exit();
