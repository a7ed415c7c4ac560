import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, systemClock } from '#libs/clock';
import { record, rejection } from '../../contract/fixture.js';
import { freshFolder } from '../../testing/folders.js';
import { kafkaForTests, type TestKafka } from '../../testing/kafka.js';
import { openEmbeddedLog } from '../embedded/embedded-log.js';
import { LogError } from '../errors.js';
import type { Log } from '../log.js';
import { type CopiedLog, copyLogToKafka } from './copy.js';
import { openKafkaLog } from './kafka-log.js';

const kafka = await kafkaForTests('a log copied to Kafka');
const run = `copy-${process.pid}-${Math.trunc(performance.timeOrigin)}`;
let number = 0;

if (kafka) describe('a log copied to Kafka', () => copying(kafka));

/** Everything that can be read, offset by offset; what can't be read is null. */
async function contents(log: Log, topic: string) {
  const { partitions } = await log.describe(topic);
  return Promise.all(
    partitions.map(async ({ partition, earliest, next }) => {
      const records: Record<number, unknown> = {};
      for (let offset = earliest; offset < next; ) {
        try {
          const batch = await log.read(topic, partition, offset);
          for (let i = 0; i < batch.count; i++) {
            const key = batch.key(i)?.toString() ?? null;
            records[batch.offset(i)] = [key, batch.time(i), batch.recordedAt(i), batch.value(i).toString()];
          }
          offset = batch.nextOffset;
        } catch (error) {
          if (!(error instanceof LogError)) throw error;
          offset = error.facts.nextReadable as number;
        }
      }
      return { earliest, next, records };
    }),
  );
}

function copying({ brokers, deleteAll }: TestKafka): void {
  let folder: string;
  let clock: ManualClock;
  let source: Log;
  let prefix: string;
  const openSource = () => openEmbeddedLog({ directory: folder, clock, segmentBytesMax: 20_000 });
  const copy = (): Promise<CopiedLog> => copyLogToKafka(source, { brokers, clock: systemClock, prefix });
  const openCopy = () => openKafkaLog({ brokers, clock: systemClock, prefix });
  const append = async (topic: string, from: number, to: number) => {
    for (let i = from; i < to; i++) {
      clock.advance(7);
      const key = [`k${i % 5}`, null, ''][i % 3];
      await source.append(topic, [
        record(`${topic} ${i} ${'x'.repeat(i % 200)}`, { key: key === null ? null : Buffer.from(key), time: 1e12 - i }),
        record(`${topic} ${i} second`, { partition: i % 3, time: i + 0.5 }),
      ]);
    }
  };
  beforeEach(async () => {
    folder = await freshFolder();
    clock = new ManualClock(Date.now() - 60_000);
    source = await openSource();
    prefix = `${run}-${number++}.`;
    await source.createTopic('a', { partitions: 3, retentionBytes: 50_000 });
    await source.createTopic('b', { partitions: 3, compression: 'zstd' });
  });
  afterEach(async () => {
    await source.close();
    rmSync(folder, { recursive: true });
    await deleteAll(prefix);
  });

  it('holds every record at its offset, with key, times and value; positions and what is beside them', async () => {
    await append('a', 0, 600);
    await append('b', 0, 300);
    const consumer = await source.consume('g', ['b']);
    await consumer.poll();
    await consumer.commit([{ topic: 'b', partition: 1, offset: 17, metadata: 'state' }]);
    await consumer.close();
    await source.resetGroup('h', [{ topic: 'a', partition: 2, offset: 180 }]);
    const original = { a: await contents(source, 'a'), b: await contents(source, 'b') };
    expect(Math.max(...original.a.map(({ earliest }) => earliest))).toBeGreaterThan(0);

    const copied = await copy();
    expect(copied.groups).toEqual(['g', 'h']);
    expect(copied.topics.map(({ topic, damaged }) => [topic, damaged])).toEqual([
      ['a', 0],
      ['b', 0],
    ]);
    const log = await openCopy();
    expect({ a: await contents(log, 'a'), b: await contents(log, 'b') }).toEqual(original);
    // As Weir makes topics there: it is the producer that compresses.
    expect((await log.describe('b')).options.compression).toBe('none');
    for (const group of ['g', 'h']) expect(await log.describeGroup(group)).toEqual(await source.describeGroup(group));
    // Whoever joins goes on there.
    const next = await log.consume('g', ['b']);
    const batches = (await next.poll()) ?? [];
    expect(batches.find(({ partition }) => partition === 1)?.offset(0)).toBe(17);
    await log.close();
  });

  it('goes on where it stopped, and finds nothing to do at the end', async () => {
    await append('b', 0, 100);
    await copy();
    await append('b', 100, 200);
    await copy();
    await copy();
    const log = await openCopy();
    expect(await contents(log, 'b')).toEqual(await contents(source, 'b'));
    await log.close();
  });

  it('has empty records where the source is damaged, and says how many', async () => {
    await append('b', 0, 400);
    await source.close();
    const [file] = globSync('topics/b/*.segment', { cwd: folder }).sort();
    const bytes = readFileSync(join(folder, file));
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(join(folder, file), bytes);
    source = await openSource();
    const original = await contents(source, 'b');
    const missing = original.reduce((sum, { earliest, next, records }) => {
      return sum + next - earliest - Object.keys(records).length;
    }, 0);
    expect(missing).toBeGreaterThan(0);

    const { topics } = await copy();
    expect(topics.find(({ topic }) => topic === 'b')?.damaged).toBe(missing);
    const log = await openCopy();
    const there = await contents(log, 'b');
    for (const [p, { next, records }] of original.entries()) {
      expect(there[p].next).toBe(next);
      expect(there[p].records).toMatchObject(records);
      const stand = Object.entries(there[p].records).filter(([offset]) => !(offset in records));
      expect(stand.every(([, value]) => (value as unknown[])[3] === '')).toBe(true);
    }
    await log.close();
  });

  it('is refused where there is something else, and where partitions differ', async () => {
    await append('b', 0, 50);
    await copy();
    const log = await openCopy();
    await log.append('b', [record('foreign', { partition: 0 })]);
    await expect(copy()).rejects.toEqual(rejection('LOG_NOT_A_COPY', { topic: 'b', partition: 0 }));
    await append('b', 50, 100);
    await expect(copy()).rejects.toEqual(rejection('LOG_NOT_A_COPY', { topic: 'b', partition: 0 }));
    prefix = `${run}-${number++}.`;
    const other = await openCopy();
    await other.createTopic('b', { partitions: 4 });
    await expect(copy()).rejects.toEqual(rejection('LOG_NOT_A_COPY', { topic: 'b', has: 4, needs: 3 }));
    await Promise.all([log.close(), other.close()]);
  });

  it('is refused where somebody reads there', async () => {
    await source.resetGroup('g', [{ topic: 'b', partition: 0, offset: 0 }]);
    await copy();
    const log = await openCopy();
    const reader = await log.consume('g', ['b']);
    await expect(copy()).rejects.toEqual(rejection('LOG_GROUP_ACTIVE', { group: 'g' }));
    await reader.close();
    await log.close();
  });
}
