/**
 * The log on Kafka against the plain client: node dist/test/bench/kafka.bench.js [BROKERS] [RECORDS] [none|lz4|zstd]
 * Start the broker first (`npm run kafka:start`). Both write and read the same records, with the same compression, from
 * the same number of producers; the plain client does nothing else. CPU is that of this process.
 */
import { Consumer, MessagesStreamModes, ProduceAcks, Producer } from '@platformatic/kafka';
import { systemClock } from '#libs/clock';
import { type KafkaCompression, type LogRecord, openKafkaLog } from '#libs/log';

const [brokers = '127.0.0.1:9092', recordsText = '300000', codec = 'zstd'] = process.argv.slice(2);
const compression = codec as KafkaCompression;
const recordsMax = Number(recordsText);
const partitions = 16;
const producers = 16;
const recordsPerCall = 200;
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
const record = (i: number): LogRecord => ({ key: keys[i % keys.length], time, value: lines[i % lines.length] });

async function measure(name: string, work: () => Promise<number>): Promise<number> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const done = await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const cpuSeconds = (user + system) / 1e6;
  const rate = (per: number) => `${Math.round(done / per / 1000)}k/s`;
  console.log(`${name.padEnd(24)} ${rate(seconds).padStart(8)}   per core ${rate(cpuSeconds).padStart(8)}`);
  return done / cpuSeconds;
}

/** Each producer awaits its call, then makes the next. */
async function produce(send: (records: number[]) => Promise<unknown>): Promise<number> {
  let next = 0;
  const one = async () => {
    while (next < recordsMax) {
      const from = next;
      next += recordsPerCall;
      await send(Array.from({ length: recordsPerCall }, (_, i) => from + i));
    }
  };
  await Promise.all(Array.from({ length: producers }, one));
  return next;
}

const log = await openKafkaLog({ brokers: [brokers], clock: systemClock, prefix, compression });
await log.createTopic('ours', { partitions });
await log.createTopic('plain', { partitions });
const plain = new Producer<Buffer, Buffer, string, string>({
  clientId: 'bench',
  bootstrapBrokers: [brokers],
  idempotent: true,
  acks: ProduceAcks.ALL,
  compression,
});

const topic = `${prefix}plain`;
const plainProduce = await measure('produce, plain client', () =>
  produce((indexes) =>
    plain.send({
      messages: indexes.map((i) => ({ topic, key: keys[i % keys.length], value: lines[i % lines.length] })),
    }),
  ),
);
const ourProduce = await measure('produce, log', () => produce((indexes) => log.append('ours', indexes.map(record))));
await plain.close();

const plainConsume = await measure('consume, plain client', async () => {
  const consumer = new Consumer({ clientId: 'bench', groupId: `${prefix}plain`, bootstrapBrokers: [brokers] });
  const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, autocommit: false });
  let count = 0;
  for await (const _message of stream) if (++count === recordsMax) break;
  await consumer.close(true);
  return count;
});
const ourConsume = await measure('consume, log', async () => {
  const consumer = await log.consume('ours', ['ours']);
  let count = 0;
  while (count < recordsMax) for (const batch of (await consumer.poll()) ?? []) count += batch.count;
  await consumer.close();
  return count;
});
console.log(
  `log to plain client, per core: produce ${(ourProduce / plainProduce).toFixed(2)}, consume ${(ourConsume / plainConsume).toFixed(2)}`,
);
await log.close();
process.exit();
