import { describe, expect, it } from 'vitest';
import type { RecordBatch } from '../src/index.js';
import { eachWith, isPending, type OpenLog, record, rejection } from './fixture.js';

export function groups(open: OpenLog): void {
  describe('groups', () => {
    const t = eachWith(open);
    const everywhere = (text: string) => Array.from({ length: 4 }, (_, partition) => record(text, { partition }));

    /** A member that notes what it gets to own and to read. */
    async function member(
      group: string,
    ): Promise<{ id: string; leave(): Promise<void>; owns: Set<number>; read: string[] }> {
      const owns = new Set<number>();
      const read: string[] = [];
      const consumer = await t.log.consume(group, ['t'], {
        assigned: async (positions) => {
          for (const { partition } of positions) owns.add(partition);
          return undefined;
        },
        revoked: async (partitions) => {
          for (const { partition } of partitions) owns.delete(partition);
        },
      });
      const step = async (batch: RecordBatch) => {
        const { topic, partition, nextOffset } = batch;
        expect(owns).toContain(partition);
        read.push(...Array.from({ length: batch.count }, (_, i) => `${partition}/${batch.offset(i)}`));
        await consumer.commit([{ topic, partition, offset: nextOffset }]);
      };
      let stepping: Promise<unknown> = Promise.resolve();
      const run = async () => {
        for (let batches = await consumer.poll(); batches; batches = await consumer.poll()) {
          await (stepping = Promise.all(batches.map(step)));
        }
      };
      void run();
      const leave = async () => {
        await stepping;
        await consumer.close();
      };
      return { id: consumer.id, leave, owns, read };
    }

    const until = (condition: () => boolean) => expect.poll(condition).toBe(true);

    it('shares partitions out among members, and again when they come and go', async () => {
      await t.log.createTopic('t', { partitions: 4 });
      const a = await member('g');
      await until(() => a.owns.size === 4);
      expect((await t.log.describeGroup('g')).members.map(({ id }) => id)).toEqual([a.id]);
      const b = await member('g');
      await until(() => a.owns.size === 2 && b.owns.size === 2);
      expect([...a.owns].filter((partition) => b.owns.has(partition))).toEqual([]);
      await a.leave();
      await until(() => b.owns.size === 4);
      expect(a.owns.size).toBe(0);
    });

    it('reads every record once while members come and go', async () => {
      await t.log.createTopic('t', { partitions: 4 });
      const members = [await member('g')];
      const all = [members[0].read];
      for (let i = 0; i < 30; i++) {
        await t.log.append('t', everywhere(`${i}`));
        if (i % 7 === 3) all.push(members[members.push(await member('g')) - 1].read);
        if (i % 11 === 10) await members.shift()?.leave();
      }
      await until(() => members.reduce((sum, { owns }) => sum + owns.size, 0) === 4);
      const positions = async () => (await t.log.describeGroup('g')).positions.map(({ offset }) => offset);
      const read = (offsets: readonly number[]) => offsets.length === 4 && offsets.every((offset) => offset === 30);
      for (let i = 0; i < 200 && !read(await positions()); i++) await isPending(Promise.race([]), 10);
      expect(await positions()).toEqual([30, 30, 30, 30]);
      expect(all.flat()).toHaveLength(120);
      expect(new Set(all.flat()).size).toBe(120);
    });

    it('hands a partition over only when its reader polls again, after a last commit', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      await t.log.append('t', [record('a'), record('b')]);
      const slow = await t.log.consume('g', ['t'], {
        recordsMax: 1,
        revoked: async ([{ topic, partition }]) => slow.commit([{ topic, partition, offset: 1 }]),
      });
      expect((await slow.poll())?.[0].offset(0)).toBe(0);
      const other = await t.log.consume('g', ['t']);
      const polling = other.poll();
      expect(await isPending(polling)).toBe(true);
      await slow.close();
      expect((await polling)?.[0].offset(0)).toBe(1);
      await other.close();
    });

    it('lets each group read everything', async () => {
      await t.log.createTopic('t', { partitions: 4 });
      const [a, b] = [await member('a'), await member('b')];
      await t.log.append('t', everywhere('x'));
      await until(() => a.read.length === 4 && b.read.length === 4);
    });

    it('remembers positions over a close, and lets them move backwards', async () => {
      await t.log.createTopic('t', { partitions: 2 });
      const consumer = await t.log.consume('g', ['t']);
      for (const offset of [5, 9, 4]) {
        await consumer.commit([{ topic: 't', partition: 1, offset, metadata: `at ${offset}` }]);
      }
      const log = await t.fixture.reopen();
      expect(await log.groups()).toEqual(['g']);
      expect(await log.describeGroup('g')).toEqual({
        group: 'g',
        members: [],
        positions: [{ topic: 't', partition: 1, offset: 4, metadata: 'at 4' }],
      });
    });

    it('refuses positions of partitions that another member owns', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      const a = await t.log.consume('g', ['t']);
      await a.commit([{ topic: 't', partition: 0, offset: 0 }]);
      const b = await t.log.consume('g', ['t']);
      await expect(b.commit([{ topic: 't', partition: 0, offset: 7 }])).rejects.toEqual(rejection('LOG_NOT_OWNED'));
      expect((await t.log.describeGroup('g')).positions[0].offset).toBe(0);
    });

    it('describes members with their partitions', async () => {
      await t.log.createTopic('t', { partitions: 4 });
      const a = await t.log.consume('g', ['t']);
      await t.log.consume('g', ['t']);
      const { members } = await t.log.describeGroup('g');
      expect(members.map(({ partitions }) => partitions.length)).toEqual([2, 2]);
      const owned = members.flatMap(({ partitions }) => partitions.map(({ partition }) => partition));
      expect(owned.sort()).toEqual([0, 1, 2, 3]);
      await a.close();
      expect((await t.log.describeGroup('g')).members.map(({ partitions }) => partitions.length)).toEqual([4]);
      expect(await t.log.describeGroup('unheard of')).toEqual({ group: 'unheard of', members: [], positions: [] });
    });

    it('moves positions of a group that has no members', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      await t.log.append('t', [record('a'), record('b'), record('c')]);
      const consumer = await t.log.consume('g', ['t']);
      await expect(t.log.resetGroup('g', [{ topic: 't', partition: 0, offset: 1 }])).rejects.toEqual(
        rejection('LOG_GROUP_ACTIVE', { group: 'g' }),
      );
      await consumer.close();
      await t.log.resetGroup('g', [{ topic: 't', partition: 0, offset: 2 }]);
      await expect(t.log.resetGroup('g', [{ topic: 'u', partition: 0, offset: 2 }])).rejects.toEqual(
        rejection('LOG_TOPIC_UNKNOWN'),
      );
      await expect(t.log.resetGroup('g', [{ topic: 't', partition: 3, offset: 2 }])).rejects.toEqual(
        rejection('LOG_PARTITION_UNKNOWN'),
      );
      const again = await t.log.consume('g', ['t']);
      expect((await again.poll())?.[0].offset(0)).toBe(2);
    });
  });
}
