import { describe, expect, it } from 'vitest';
import { eachWith, type OpenLog, readAll, record, rejection, texts } from './fixture.js';

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `${from + i}`);

export function reading(open: OpenLog): void {
  describe('read', () => {
    const t = eachWith(open);

    it('reads from any offset on, in order', async () => {
      await t.log.createTopic('t', { partitions: 2 });
      for (let i = 0; i < 50; i += 5) {
        await t.log.append(
          't',
          numbers(i, i + 5).flatMap((text) => [record(text, { partition: 1 }), record('other', { partition: 0 })]),
        );
      }
      for (const from of [0, 1, 4, 5, 23, 49]) expect(await readAll(t.log, 't', 1, from)).toEqual(numbers(from, 50));
      const batch = await t.log.read('t', 1, 7);
      expect([batch.topic, batch.partition, batch.offset(0)]).toEqual(['t', 1, 7]);
    });

    it('gives an empty batch at the end, and does not wait', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      expect(await t.log.read('t', 0, 0)).toMatchObject({ count: 0, nextOffset: 0, atEnd: true });
      await t.log.append('t', [record('a')]);
      expect(await t.log.read('t', 0, 1)).toMatchObject({ count: 0, nextOffset: 1, atEnd: true });
    });

    it('stops at recordsMax and at about bytesMax, but gives at least one stored batch', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      for (let i = 0; i < 10; i++) await t.log.append('t', [record('x'.repeat(1000))]);
      expect(await t.log.read('t', 0, 0, { recordsMax: 3 })).toMatchObject({ count: 3, nextOffset: 3, atEnd: false });
      expect((await t.log.read('t', 0, 0, { bytesMax: 1 })).count).toBeGreaterThan(0);
      const some = await t.log.read('t', 0, 0, { bytesMax: 3000 });
      expect(some.count).toBeGreaterThanOrEqual(2);
      expect(some.count).toBeLessThanOrEqual(4);
      expect(await t.log.read('t', 0, 0)).toMatchObject({ count: 10, atEnd: true });
    });

    it('cuts a stored batch where recordsMax ends, and goes on inside it', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      await t.log.append(
        't',
        numbers(0, 10).map((text) => record(text, { key: Buffer.from(`key ${text}`) })),
      );
      const batch = await t.log.read('t', 0, 4, { recordsMax: 3 });
      expect(texts(batch)).toEqual(['4', '5', '6']);
      expect(batch.key(0)?.toString()).toBe('key 4');
      expect(batch.nextOffset).toBe(7);
    });

    it('gives back what was compressed', async () => {
      await t.log.createTopic('t', { partitions: 2, compression: 'zstd' });
      const values = numbers(0, 500).map((text) => `the same words again and again, and ${text}`);
      await t.log.append(
        't',
        values.map((text) => record(text, { partition: 1 })),
      );
      await t.log.append('t', [record('alone', { partition: 1 })]);
      expect(await readAll(t.log, 't', 1)).toEqual([...values, 'alone']);
      expect(await readAll(await t.fixture.reopen(), 't', 1, 250)).toEqual([...values.slice(250), 'alone']);
    });

    it('refuses offsets past the end and partitions that are not there', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      await t.log.append('t', [record('a')]);
      await expect(t.log.read('t', 0, 2)).rejects.toEqual(rejection('LOG_OFFSET_BEYOND', { wanted: 2, next: 1 }));
      await expect(t.log.read('t', 1, 0)).rejects.toEqual(rejection('LOG_PARTITION_UNKNOWN', { partition: 1 }));
      await expect(t.log.offsetAt('t', 1, 0)).rejects.toEqual(rejection('LOG_PARTITION_UNKNOWN'));
    });

    it('refuses offsets that retention deleted and names the earliest', async () => {
      await t.log.createTopic('t', { partitions: 1, retentionBytes: 300_000 });
      for (let i = 0; i < 100; i++) await t.log.append('t', [record('x'.repeat(10_000))]);
      await t.fixture.expire('t');
      const [{ earliest, next }] = (await t.log.describe('t')).partitions;
      expect(earliest).toBeGreaterThan(0);
      expect(next).toBeGreaterThanOrEqual(100);
      await expect(t.log.read('t', 0, 0)).rejects.toEqual(rejection('LOG_OFFSET_EXPIRED', { wanted: 0, earliest }));
      expect((await t.log.read('t', 0, earliest)).offset(0)).toBe(earliest);
      const log = await t.fixture.reopen();
      expect((await log.describe('t')).partitions[0]).toEqual({ partition: 0, earliest, next });
    });

    it('finds the first offset at or after an event time, in whichever order times come', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      const times = [50, 10, 30, 20, 60, 60, 40];
      expect(await t.log.offsetAt('t', 0, 0)).toBe(0);
      for (const time of times.slice(0, 3)) await t.log.append('t', [record('x', { time })]);
      await t.log.append(
        't',
        times.slice(3).map((time) => record('x', { time })),
      );
      for (const wanted of [0, 10, 50, 51, 60]) {
        const expected = times.findIndex((time) => time >= wanted);
        expect(await t.log.offsetAt('t', 0, wanted)).toBe(expected);
      }
      expect(await t.log.offsetAt('t', 0, 61)).toBe(7);
      expect(await (await t.fixture.reopen()).offsetAt('t', 0, 55)).toBe(4);
    });

    it('never gives an offset out twice, also after a close', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      await t.log.append('t', [record('a'), record('b')]);
      const log = await t.fixture.reopen();
      expect([...(await log.append('t', [record('c')])).offsets]).toEqual([2]);
      expect(await readAll(log, 't')).toEqual(['a', 'b', 'c']);
    });
  });
}
