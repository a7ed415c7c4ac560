import { describe, expect, it } from 'vitest';
import { partitionOf } from '../src/index.js';
import { eachWith, type OpenLog, readAll, record, rejection } from './fixture.js';

export function appending(open: OpenLog): void {
  describe('append', () => {
    const t = eachWith(open);

    it('says where each record landed, in the order appended', async () => {
      await t.log.createTopic('t', { partitions: 3 });
      await t.log.append('t', [record('before', { partition: 2 })]);
      const appended = await t.log.append('t', [
        record('a', { partition: 2 }),
        record('b', { partition: 0 }),
        record('c', { partition: 2 }),
      ]);
      expect([...appended.partitions]).toEqual([2, 0, 2]);
      expect([...appended.offsets]).toEqual([1, 0, 2]);
      expect(await readAll(t.log, 't', 2)).toEqual(['before', 'a', 'c']);
    });

    it('chooses the partition by the key as Kafka does', async () => {
      await t.log.createTopic('t', { partitions: 16 });
      const keys = Array.from({ length: 100 }, (_, i) => Buffer.from(`user-${i}`));
      const { partitions } = await t.log.append(
        't',
        keys.map((key) => record('x', { key })),
      );
      expect([...partitions]).toEqual(keys.map((key) => partitionOf(key, 16)));
      expect(partitionOf(Buffer.from('foobar'), 16)).toBe((-790332482 & 0x7fffffff) % 16);
    });

    it('shares records without a key out', async () => {
      await t.log.createTopic('t', { partitions: 4 });
      for (let i = 0; i < 40; i++) await t.log.append('t', [record(`${i}`)]);
      const { partitions } = await t.log.describe('t');
      expect(partitions.every(({ next }) => next > 0)).toBe(true);
      expect(partitions.reduce((sum, { next }) => sum + next, 0)).toBe(40);
    });

    it('keeps records of one call that go to one partition together and in order', async () => {
      await t.log.createTopic('t', { partitions: 2 });
      const calls = Array.from({ length: 30 }, (_, call) =>
        Array.from({ length: 20 }, (_, i) => record(`${call}/${i}`, { partition: i % 2 })),
      );
      const appended = await Promise.all(calls.map((records) => t.log.append('t', records)));
      for (const { offsets, partitions } of appended) {
        for (const partition of [0, 1]) {
          const mine = [...offsets].filter((_, i) => partitions[i] === partition);
          expect(mine).toEqual(mine.map((_, i) => mine[0] + i));
        }
      }
      const stored = await readAll(t.log, 't', 0);
      for (const [call, { offsets }] of appended.entries()) expect(stored[offsets[2]]).toBe(`${call}/2`);
    });

    it('keeps key, time and value as they are, empty ones and none', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      const binary = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      await t.log.append('t', [
        { partition: 0, key: binary, time: 1.5, value: binary },
        { partition: 0, key: Buffer.alloc(0), time: -1, value: Buffer.alloc(0) },
        { partition: 0, key: null, time: 2 ** 45, value: Buffer.from('v') },
        { partition: 0, time: 0, value: new Uint8Array([7]) },
      ]);
      const batch = await t.log.read('t', 0, 0);
      expect([0, 1, 2, 3].map((i) => batch.time(i))).toEqual([1.5, -1, 2 ** 45, 0]);
      expect(batch.key(0)).toEqual(binary);
      expect(batch.key(1)).toEqual(Buffer.alloc(0));
      expect(batch.key(2)).toBeNull();
      expect(batch.key(3)).toBeNull();
      expect([0, 1, 2, 3].map((i) => [...batch.value(i)])).toEqual([[...binary], [], [118], [7]]);
    });

    it('takes nothing, and says so', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      const { partitions, offsets } = await t.log.append('t', []);
      expect([partitions.length, offsets.length]).toEqual([0, 0]);
    });

    it('is readable once it resolved', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      for (let i = 0; i < 20; i++) {
        const { offsets } = await t.log.append('t', [record(`${i}`)]);
        expect((await t.log.read('t', 0, offsets[0])).value(0).toString()).toBe(`${i}`);
      }
    });

    it('records all of one call at one time, and never goes back', async () => {
      await t.log.createTopic('a', { partitions: 4 });
      await t.log.createTopic('b', { partitions: 4 });
      const spread = [0, 1, 2, 3].map((partition) => record('x', { partition }));
      await Promise.all(Array.from({ length: 50 }, (_, i) => t.log.append(i % 2 ? 'a' : 'b', spread)));
      for (const topic of ['a', 'b']) {
        const batches = await Promise.all([0, 1, 2, 3].map((partition) => t.log.read(topic, partition, 0)));
        const times = batches.map((batch) => Array.from({ length: batch.count }, (_, i) => batch.recordedAt(i)));
        expect(times[1]).toEqual(times[0]);
        expect(times[2]).toEqual(times[0]);
        expect(times[3]).toEqual(times[0]);
        expect(times[0]).toEqual([...times[0]].sort((a, b) => a - b));
      }
    });

    it('refuses a record that is too large or has no time, and all that came with it', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      const large = { time: 0, value: Buffer.alloc(t.fixture.recordBytesMax + 1) };
      await expect(t.log.append('t', [record('a'), large])).rejects.toEqual(
        rejection('LOG_RECORD_TOO_LARGE', { topic: 't', index: 1 }),
      );
      await expect(t.log.append('t', [record('a', { time: Number.NaN })])).rejects.toEqual(
        rejection('LOG_RECORD_INVALID', { index: 0 }),
      );
      await expect(t.log.append('t', [record('a', { partition: 1 })])).rejects.toEqual(
        rejection('LOG_PARTITION_UNKNOWN', { partition: 1 }),
      );
      expect(await readAll(t.log, 't')).toEqual([]);
    });

    it('takes the largest record', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      await t.log.append('t', [{ time: 0, value: Buffer.alloc(t.fixture.recordBytesMax, 'x') }, record('b')]);
      expect((await readAll(t.log, 't')).map((text) => text.length)).toEqual([t.fixture.recordBytesMax, 1]);
    });

    it('finishes at close what was appended before', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      const appends = Array.from({ length: 20 }, (_, i) => t.log.append('t', [record(`${i}`)]));
      const log = await t.fixture.reopen();
      expect(await Promise.all(appends)).toHaveLength(20);
      expect(await readAll(log, 't')).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`));
    });
  });
}
