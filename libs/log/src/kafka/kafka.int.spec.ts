import { setTimeout as sleep } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock, systemClock } from '#libs/clock';
import { readAll, record, take, texts } from '../../contract/fixture.js';
import { kafkaForTests } from '../../testing/kafka.js';
import type { Log } from '../log.js';
import { openKafkaLog } from './kafka-log.js';
import type { KafkaLogOptions } from './options.js';

const kafka = await kafkaForTests('libs/log on Kafka: what only Kafka has');

if (kafka) {
  const run = `kafka-${process.pid}-${Math.trunc(performance.timeOrigin)}`;
  const admin = new Admin({ clientId: 'weir-tests', bootstrapBrokers: [...kafka.brokers] });
  let number = 0;
  let prefix = '';
  let logs: Log[] = [];
  const open = async (options: Partial<KafkaLogOptions> = {}): Promise<Log> => {
    const log = await openKafkaLog({
      brokers: kafka.brokers,
      clock: systemClock,
      prefix,
      heartbeatMs: 200,
      ...options,
    });
    logs.push(log);
    return log;
  };

  describe('log on Kafka', () => {
    beforeEach(() => {
      prefix = `${run}-${number++}.`;
      logs = [];
    });
    afterEach(async () => {
      for (const log of logs) await log.close();
      await kafka.deleteAll(prefix);
    });
    afterAll(() => admin.close());

    it('keeps a static member’s partitions for it while it restarts', async () => {
      const [one, two] = [await open({ instanceId: 'one' }), await open({ instanceId: 'two' })];
      await one.createTopic('t', { partitions: 4 });
      const given: string[] = [];
      const member = (log: Log, name: string) =>
        log.consume('g', ['t'], {
          assigned: async (positions) => {
            given.push(`${name} ${positions.map(({ partition }) => partition).sort()}`);
            return undefined;
          },
        });
      const first = await member(one, 'one');
      const second = await member(two, 'two');
      await two.describeGroup('g');
      const polls = [first.poll(), second.poll()];
      for (let i = 0; i < 100 && given.length < 2; i++) await new Promise((resolve) => setTimeout(resolve, 100));
      const before = [...given];
      await one.close();
      await polls[0];
      const again = await member(await open({ instanceId: 'one' }), 'one');
      const polling = again.poll();
      for (let i = 0; i < 100 && given.length === before.length; i++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      expect(given.slice(before.length)).toEqual([before.findLast((line) => line.startsWith('one'))]);
      await again.close();
      await polling;
    });

    it('gives a static member its place again after a crash, at once', async () => {
      const crashed = await open({ instanceId: 'one' });
      await crashed.createTopic('t', { partitions: 1 });
      await crashed.append('t', [record('a'), record('b')]);
      const dead = await crashed.consume('g', ['t'], { recordsMax: 1 });
      await dead.poll();
      await dead.commit([{ topic: 't', partition: 0, offset: 1 }]);
      const again = await (await open({ instanceId: 'one' })).consume('g', ['t']);
      expect(await take(again, 1)).toEqual(['0: b']);
      // Before the session of the crashed one, 45 s, has ended.
    });

    it('reads partitions that are added while it runs', async () => {
      const log = await open();
      await log.createTopic('t', { partitions: 1 });
      const consumer = await log.consume('g', ['t']);
      const taking = take(consumer, 2);
      await log.append('t', [record('old')]);
      await admin.createPartitions({ topics: [{ name: `${prefix}t`, count: 2 } as never] });
      const other = await open();
      for (let i = 0; i < 50 && (await other.describe('t')).partitions.length < 2; i++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      await other.append('t', [record('new', { partition: 1 })]);
      expect(await taking).toEqual(['0: old', '1: new']);
    });

    it('says how a topic that others made differs, and leaves it as it is', async () => {
      const configs = [{ name: 'cleanup.policy', value: 'compact' }];
      await admin.createTopics({ topics: [`${prefix}t`], partitions: 2, replicas: 1, configs });
      const log = await open();
      expect(await log.createTopic('t', { partitions: 2, retentionMs: 1000 })).toEqual([
        'cleanup.policy is compact, asked for was delete',
        'retention.ms is 604800000, asked for was 1000',
        expect.stringMatching(/^max\.message\.bytes is \d+, asked for was \d+$/),
      ]);
      expect((await log.describe('t')).options.retentionMs).toBe(604_800_000);
    });

    it('says where a topic has other than the copies asked for', async () => {
      const log = await open({ replication: 1 });
      expect(await log.createTopic('t', { partitions: 2 })).toEqual([]);
      expect(await log.createTopic('t', { partitions: 2 })).toEqual([]);
      const other = await open({ replication: 3 });
      expect(await other.createTopic('t', { partitions: 2 })).toEqual(['replication is 1, asked for was 3']);
      expect(await (await open()).createTopic('t', { partitions: 2 })).toEqual([]);
    });

    it('gives a stored batch larger than the share of its partition', async () => {
      const log = await open({ compression: 'none' });
      await log.createTopic('t', { partitions: 4 });
      const large = 'x'.repeat(300_000);
      const everywhere = [0, 1, 2, 3].map((partition) => record(large, { partition }));
      await log.append('t', everywhere);
      await log.append('t', everywhere);
      const consumer = await log.consume('g', ['t'], { bytesMax: 10_000 });
      for (let round = 0; round < 2; round++) {
        const batches = await consumer.poll();
        expect(batches?.map(({ partition, count }) => [partition, count])).toEqual([0, 1, 2, 3].map((i) => [i, 1]));
      }
    });

    // Two appends recorded at one moment are to a reader what one is that is shown in part.
    it.each([
      ['whole', 'old', 40_000, [['0: a', '1: b']]],
      ['as it comes', 'fresh', 0, [['0: a'], ['1: b']]],
    ])('gives an append %s whose records are %s, where partitions are merged', async (_, _age, ageMs, expected) => {
      const moment = systemClock.now();
      const log = await open({ clock: new ManualClock(moment) });
      await log.createTopic('t', { partitions: 3 });
      const consumer = await (await open()).consume('g', ['t'], { merged: true });
      const polls: string[][] = [];
      const polling = (async () => {
        while (polls.flat().length < 2) {
          const batches = (await consumer.poll()) ?? [];
          polls.push(batches.flatMap((batch) => texts(batch).map((text) => `${batch.partition}: ${text}`)));
        }
      })();
      await log.append('t', [record('a', { partition: 0, time: moment - ageMs })]);
      await (ageMs === 0 ? vi.waitFor(() => expect(polls).toHaveLength(1), 60_000) : sleep(300));
      await log.append('t', [record('b', { partition: 1, time: moment - ageMs - 3_600_000 })]);
      await polling;
      expect(polls).toEqual(expected);
    });

    it.each(['none', 'lz4', 'zstd'] as const)('reads on through what it decompressed: %s', async (compression) => {
      const log = await open({ compression });
      await log.createTopic('t', { partitions: 3 });
      const lines = Array.from({ length: 30_000 }, (_, i) => `the same words again and again, and ${i}`);
      for (let i = 0; i < lines.length; i += 1000) {
        await log.append(
          't',
          lines.slice(i, i + 1000).map((text, j) => record(text, { partition: (i / 1000 + j) % 3 })),
        );
      }
      const consumer = await log.consume('g', ['t'], { bytesMax: 60_000 });
      const taken = await take(consumer, lines.length);
      expect(taken.map((line) => line.slice(3)).sort()).toEqual([...lines].sort());
      for (const partition of [0, 1, 2]) {
        const mine = taken.filter((line) => line.startsWith(`${partition}:`)).map((line) => line.slice(3));
        expect(mine).toEqual(await readAll(log, 't', partition));
      }
    });

    it('takes appends of several processes side by side', async () => {
      const writers = await Promise.all([open(), open(), open()]);
      await writers[0].createTopic('t', { partitions: 1 });
      const appended = await Promise.all(
        writers.flatMap((log, name) =>
          Array.from({ length: 40 }, (_, i) => log.append('t', [record(`${name}/${i}/a`), record(`${name}/${i}/b`)])),
        ),
      );
      const offsets = appended.flatMap((each) => [...each.offsets]).sort((a, b) => a - b);
      expect(offsets).toEqual(Array.from({ length: 240 }, (_, i) => i));
      for (const { offsets: both } of appended) expect(both[1]).toBe(both[0] + 1);
    });
  });
}
