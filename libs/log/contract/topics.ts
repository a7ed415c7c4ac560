import { describe, expect, it } from 'vitest';
import { eachWith, type OpenLog, record, rejection } from './fixture.js';

export function topics(open: OpenLog): void {
  describe('topics', () => {
    const t = eachWith(open);

    it('creates a topic once', async () => {
      expect(await t.log.createTopic('login', { partitions: 4 })).toEqual([]);
      expect(await t.log.createTopic('login', { partitions: 4 })).toEqual([]);
      expect(await t.log.topics()).toEqual(['login']);
    });

    it('creates a topic once when asked twice at the same time', async () => {
      const create = () => t.log.createTopic('login', { partitions: 4 });
      expect(await Promise.all([create(), create()])).toEqual([[], []]);
    });

    it('leaves a topic as it is and says in words what differs', async () => {
      await t.log.createTopic('login', { partitions: 4 });
      const differences = await t.log.createTopic('login', { partitions: 8, compression: 'zstd' });
      expect(differences).toHaveLength(2);
      expect(differences[0]).toMatch(/partitions.*4.*8/);
      expect((await t.log.describe('login')).options.partitions).toBe(4);
    });

    it('refuses names and options that make no topic', async () => {
      for (const name of ['', '..', 'a/b', 'a b', 'ü', 'x'.repeat(250)]) {
        await expect(t.log.createTopic(name, { partitions: 1 })).rejects.toEqual(rejection('LOG_TOPIC_INVALID'));
      }
      for (const partitions of [0, -1, 1.5, Number.NaN]) {
        await expect(t.log.createTopic('t', { partitions })).rejects.toEqual(rejection('LOG_TOPIC_INVALID'));
      }
      expect(await t.log.topics()).toEqual([]);
    });

    it('describes offsets and bytes', async () => {
      await t.log.createTopic('t', { partitions: 2 });
      await t.log.append('t', [record('a', { partition: 1 }), record('b', { partition: 1 })]);
      const { topic, partitions, bytes } = await t.log.describe('t');
      expect(topic).toBe('t');
      expect(bytes).toBeGreaterThan(0);
      expect(partitions).toEqual([
        { partition: 0, earliest: 0, next: 0 },
        { partition: 1, earliest: 0, next: 2 },
      ]);
    });

    it('says where topics end', async () => {
      await t.log.createTopic('a', { partitions: 2 });
      await t.log.createTopic('b', { partitions: 3 });
      expect(await t.log.ends([])).toEqual([]);
      await t.log.append('a', [record('a', { partition: 1 }), record('b', { partition: 1 })]);
      await t.log.append('b', [record('c', { partition: 2 })]);
      expect(await t.log.ends(['b', 'a'])).toEqual([
        [0, 0, 1],
        [0, 2],
      ]);
      await expect(t.log.ends(['a', 'nope'])).rejects.toEqual(rejection('LOG_TOPIC_UNKNOWN', { topic: 'nope' }));
    });

    it('knows no topic that was not created', async () => {
      const unknown = rejection('LOG_TOPIC_UNKNOWN', { topic: 'nope' });
      await expect(t.log.describe('nope')).rejects.toEqual(unknown);
      await expect(t.log.append('nope', [record('a')])).rejects.toEqual(unknown);
      await expect(t.log.read('nope', 0, 0)).rejects.toEqual(unknown);
      await expect(t.log.offsetAt('nope', 0, 0)).rejects.toEqual(unknown);
      await expect(t.log.consume('g', ['nope'])).rejects.toEqual(unknown);
      expect(await t.log.groups()).toEqual([]);
    });

    it('keeps topics, options and records over a close', async () => {
      await t.log.createTopic('t', { partitions: 2, retentionBytes: 1e9, compression: 'zstd' });
      await t.log.createTopic('empty', { partitions: 3 });
      await t.log.append('t', [record('a', { partition: 1 })]);
      const before = await t.log.describe('t');
      const log = await t.fixture.reopen();
      expect(await log.topics()).toEqual(['empty', 't']);
      expect(await log.describe('t')).toEqual(before);
      expect((await log.describe('empty')).options.partitions).toBe(3);
    });

    it('closes as often as it is asked to, and is unavailable from then on', async () => {
      await t.log.createTopic('t', { partitions: 1 });
      await Promise.all([t.log.close(), t.log.close()]);
      await t.log.close();
      await expect(t.log.append('t', [record('a')])).rejects.toEqual(rejection('LOG_UNAVAILABLE'));
      await expect(t.log.createTopic('u', { partitions: 1 })).rejects.toEqual(rejection('LOG_UNAVAILABLE'));
      await expect(t.log.consume('g', ['t'])).rejects.toEqual(rejection('LOG_UNAVAILABLE'));
    });
  });
}
