import { describe, expect, it } from 'vitest';
import type { GroupPosition } from '../src/index.js';
import { eachWith, isPending, type OpenLog, record, rejection, take, texts } from './fixture.js';

export function consuming(open: OpenLog): void {
  describe('consume', () => {
    const t = eachWith(open);
    const numbered = (count: number, partition = 0) =>
      Array.from({ length: count }, (_, i) => record(`${i}`, { partition }));

    it('gives one batch of every partition that has records, never an empty one', async () => {
      await t.log.createTopic('t', { partitions: 4 });
      const consumer = await t.log.consume('g', ['t']);
      await t.log.append('t', [...numbered(3, 1), ...numbered(2, 3)]);
      const batches = await consumer.poll();
      expect(batches?.map(({ partition, count, atEnd }) => ({ partition, count, atEnd }))).toEqual([
        { partition: 1, count: 3, atEnd: true },
        { partition: 3, count: 2, atEnd: true },
      ]);
    });

    it('waits until there is something', async () => {
      await t.log.createTopic('t', { partitions: 2 });
      await t.log.createTopic('u', { partitions: 2 });
      const consumer = await t.log.consume('g', ['t', 'u']);
      for (const [topic, text] of [
        ['t', 'a'],
        ['u', 'b'],
      ]) {
        const polling = consumer.poll();
        expect(await isPending(polling)).toBe(true);
        await t.log.append(topic, [record(text)]);
        const batches = await polling;
        expect(batches).toHaveLength(1);
        expect(batches?.[0].topic).toBe(topic);
      }
    });

    it('shares bytesMax out among partitions, and says whether there is more', async () => {
      await t.log.createTopic('t', { partitions: 4 });
      for (let i = 0; i < 40; i++) {
        await t.log.append(
          't',
          [0, 1, 2, 3].map((partition) => record('x'.repeat(1000), { partition })),
        );
      }
      const consumer = await t.log.consume('g', ['t'], { bytesMax: 40_000 });
      const batches = await consumer.poll();
      expect(batches).toHaveLength(4);
      for (const batch of batches ?? []) {
        expect(batch.count).toBeGreaterThanOrEqual(8);
        expect(batch.count).toBeLessThanOrEqual(12);
        expect(batch.atEnd).toBe(false);
      }
    });

    it('gives an append whole, over however many partitions, where they are merged', async () => {
      await t.log.createTopic('t', { partitions: 8 });
      const consumer = await t.log.consume('g', ['t'], { merged: true });
      const rounds = 60;
      const appending = (async () => {
        for (let i = 0; i < rounds; i++) {
          const everywhere = Array.from({ length: 8 }, (_, partition) => record(`${i}`, { partition }));
          await t.log.append('t', everywhere);
        }
      })();
      for (let taken = 0; taken < 8 * rounds; ) {
        const given = (await consumer.poll())!.flatMap(texts);
        taken += given.length;
        for (const [, parts] of Map.groupBy(given, (text) => text)) expect(parts).toHaveLength(8);
      }
      await appending;
    });

    it('goes on behind the last batch', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      await t.log.append('t', numbered(10));
      const consumer = await t.log.consume('g', ['t'], { recordsMax: 4 });
      expect((await consumer.poll())?.[0]).toMatchObject({ count: 4, atEnd: false });
      expect((await consumer.poll())?.[0].offset(0)).toBe(4);
      expect((await consumer.poll())?.[0]).toMatchObject({ count: 2, atEnd: true });
      expect(await isPending(consumer.poll())).toBe(true);
    });

    it('starts at the earliest record or, when asked, at the end', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      await t.log.append('t', [record('old')]);
      const latest = await t.log.consume('latest', ['t'], { start: 'latest' });
      const polling = latest.poll();
      expect(await isPending(polling)).toBe(true);
      await t.log.append('t', [record('new')]);
      expect((await polling)?.[0].value(0).toString()).toBe('new');
      expect(await take(await t.log.consume('earliest', ['t']), 2)).toEqual(['0: old', '0: new']);
    });

    it('starts where the group committed, whatever `start` says', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      await t.log.append('t', numbered(5));
      const first = await t.log.consume('g', ['t']);
      await first.poll();
      await first.commit([{ topic: 't', partition: 0, offset: 3 }]);
      await first.close();
      expect(await take(await t.log.consume('g', ['t'], { start: 'latest' }), 2)).toEqual(['0: 3', '0: 4']);
    });

    it('asks where to start before the first batch', async () => {
      await t.log.createTopic('t', { partitions: 2 });
      await t.log.append('t', [...numbered(5, 0), ...numbered(5, 1)]);
      const first = await t.log.consume('g', ['t']);
      await first.poll();
      await first.commit([{ topic: 't', partition: 1, offset: 2, metadata: 'state 7' }]);
      await first.close();
      const asked: GroupPosition[][] = [];
      const consumer = await t.log.consume('g', ['t'], {
        assigned: async (positions) => {
          asked.push([...positions]);
          return positions.map(({ partition }) => (partition === 0 ? 4 : undefined));
        },
      });
      expect(await isPending(Promise.resolve(asked.length > 0 || new Promise(() => {})))).toBe(true);
      expect((await take(consumer, 4)).sort()).toEqual(['0: 4', '1: 2', '1: 3', '1: 4']);
      expect(asked).toEqual([
        [
          { topic: 't', partition: 0, offset: 0, metadata: '' },
          { topic: 't', partition: 1, offset: 2, metadata: 'state 7' },
        ],
      ]);
    });

    it('seeks, before and after the first poll', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      await t.log.append('t', numbered(5));
      const consumer = await t.log.consume('g', ['t']);
      consumer.seek('t', 0, 3);
      expect(await take(consumer, 2)).toEqual(['0: 3', '0: 4']);
      const polling = consumer.poll();
      expect(await isPending(polling)).toBe(true);
      consumer.seek('t', 0, 1);
      expect((await polling)?.[0].offset(0)).toBe(1);
    });

    it('gives again what was sought back, and then what follows, however often', async () => {
      await t.log.createTopic('t', { partitions: 2 });
      const counts = [400, 300];
      const consumer = await t.log.consume('g', ['t'], { bytesMax: 400 });
      const kept: number[][] = [[], []];
      for (let round = 0; kept.some(({ length }, partition) => length < counts[partition]); round++) {
        // Records come in many small batches, also while others are read.
        if (round < 20) for (const p of [0, 1]) await t.log.append('t', numbered(counts[p] / 20, p));
        for (const batch of (await consumer.poll()) ?? []) {
          const { partition, count } = batch;
          expect(batch.offset(0)).toBe(kept[partition].length);
          const keep = (count * (1 + ((round * 7 + partition * 3) % 5))) >> 2;
          for (let i = 0; i < Math.min(keep, count); i++) kept[partition].push(batch.offset(i));
          if (keep < count) consumer.seek('t', partition, batch.offset(keep));
          if (keep > 0 && round % 9 === 8) consumer.seek('t', partition, (kept[partition].length = batch.offset(0)));
        }
      }
      expect(kept).toEqual(counts.map((count) => Array.from({ length: count }, (_, i) => i)));
      expect(await isPending(consumer.poll())).toBe(true);
    });

    it('reads on within the log after it was sent beyond it', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      await t.log.append('t', numbered(5));
      const consumer = await t.log.consume('g', ['t']);
      expect(await take(consumer, 5)).toHaveLength(5);
      consumer.seek('t', 0, 99);
      await expect(consumer.poll()).rejects.toEqual(rejection('LOG_OFFSET_BEYOND', { wanted: 99 }));
      consumer.seek('t', 0, 2);
      consumer.resume('t', 0);
      expect(await take(consumer, 3)).toEqual(['0: 2', '0: 3', '0: 4']);
    });

    it('pauses one partition and leaves the others running', async () => {
      await t.log.createTopic('t', { partitions: 2 });
      await t.log.append('t', [...numbered(2, 0), ...numbered(2, 1)]);
      const consumer = await t.log.consume('g', ['t']);
      consumer.pause('t', 0);
      expect(await take(consumer, 2)).toEqual(['1: 0', '1: 1']);
      const polling = consumer.poll();
      expect(await isPending(polling)).toBe(true);
      consumer.resume('t', 0);
      expect((await polling)?.[0].partition).toBe(0);
    });

    it('rejects for a partition that cannot be read, pauses it, and goes on with the others', async () => {
      await t.log.createTopic('t', { partitions: 2 });
      await t.log.append('t', [...numbered(2, 0), ...numbered(2, 1)]);
      const consumer = await t.log.consume('g', ['t'], { assigned: async () => [99, undefined] });
      await expect(consumer.poll()).rejects.toEqual(
        rejection('LOG_OFFSET_BEYOND', { topic: 't', partition: 0, wanted: 99, next: 2 }),
      );
      expect(await take(consumer, 2)).toEqual(['1: 0', '1: 1']);
      consumer.seek('t', 0, 1);
      const polling = consumer.poll();
      expect(await isPending(polling)).toBe(true);
      consumer.resume('t', 0);
      expect((await polling)?.[0].offset(0)).toBe(1);
    });

    it('resolves a waiting poll with null when it closes', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      const consumer = await t.log.consume('g', ['t']);
      const polling = consumer.poll();
      expect(await isPending(polling)).toBe(true);
      await Promise.all([consumer.close(), consumer.close()]);
      expect(await polling).toBeNull();
      expect(await consumer.poll()).toBeNull();
      await consumer.close();
    });

    it('closes consumers when the log closes, after a last commit', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      await t.log.append('t', numbered(5));
      const consumer = await t.log.consume('g', ['t'], {
        revoked: async ([{ topic, partition }]) => consumer.commit([{ topic, partition, offset: 5 }]),
      });
      await consumer.poll();
      const polling = consumer.poll();
      const log = await t.fixture.reopen();
      expect(await polling).toBeNull();
      expect((await log.describeGroup('g')).positions).toEqual([{ topic: 't', partition: 0, offset: 5, metadata: '' }]);
    });
  });
}
