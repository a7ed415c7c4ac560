import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionPool, consumerGroupHeartbeatV1 } from '@platformatic/kafka';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '#libs/clock';
import { record, rejection } from '../../contract/fixture.js';
import { kafkaForTests, type TestKafka } from '../../testing/kafka.js';
import type { Log } from '../log.js';
import { openKafkaLog } from './kafka-log.js';
import type { KafkaLogOptions } from './options.js';

const prefix = `faults-${process.pid}-${Math.trunc(performance.timeOrigin)}.`;
const open = (kafka: TestKafka, more: Partial<KafkaLogOptions> = {}): Promise<Log> =>
  openKafkaLog({ brokers: kafka.brokers, clock: systemClock, prefix, replication: 3, heartbeatMs: 200, ...more });

/** Appends until it is stopped; a call that is rejected as unavailable is made again, as another record. */
function load(log: Log, topic: string) {
  const acknowledged = new Map<string, string>();
  const state = { running: true, refused: 0 };
  const producer = async (name: number) => {
    for (let call = 0; state.running; call++) {
      const values = Array.from({ length: 3 }, (_, i) => `${name}/${call}/${i}`);
      const records = values.map((value, i) => ({ partition: (call + i) % 4, time: 1, value: Buffer.from(value) }));
      try {
        const { partitions, offsets } = await log.append(topic, records);
        for (const [i, value] of values.entries()) acknowledged.set(value, `${partitions[i]}/${offsets[i]}`);
      } catch (error) {
        expect(error).toEqual(rejection('LOG_UNAVAILABLE'));
        state.refused++;
      }
      await sleep(1);
    }
  };
  const running = Promise.all(Array.from({ length: 8 }, (_, name) => producer(name)));
  const stop = async () => {
    state.running = false;
    await running;
  };
  return { acknowledged, state, stop };
}

/**
 * Reads as a member of a group, committing each batch. Fails where an offset comes twice or is left out. Brokers that
 * were away for longer than its session let it go: then it begins again where it committed last.
 */
async function follow(log: Log, topic: string) {
  const read = new Map<string, string>();
  const next = [0, 0, 0, 0];
  const consumer = await log.consume('follower', [topic], {
    assigned: async (positions) => {
      for (const { partition, offset } of positions) {
        expect(offset).toBeLessThanOrEqual(next[partition]);
        next[partition] = offset;
      }
      return undefined;
    },
  });
  const refusals = [rejection('LOG_UNAVAILABLE'), rejection('LOG_NOT_OWNED')];
  const run = async () => {
    for (let batches = await consumer.poll(); batches; batches = await consumer.poll()) {
      for (const batch of batches) {
        for (let i = 0; i < batch.count; i++) {
          expect(batch.offset(i)).toBe(next[batch.partition]++);
          read.set(batch.value(i).toString(), `${batch.partition}/${batch.offset(i)}`);
        }
        const position = { topic, partition: batch.partition, offset: batch.nextOffset };
        await consumer.commit([position]).catch((error) => expect(refusals).toContainEqual(error));
      }
    }
  };
  const running = run();
  const stop = async () => {
    await consumer.close();
    await running;
  };
  return { read, next, stop };
}

async function untilRead(log: Log, topic: string, next: readonly number[]): Promise<void> {
  const { partitions } = await log.describe(topic);
  for (let i = 0; i < 300 && partitions.some(({ partition, next: end }) => next[partition] < end); i++)
    await sleep(100);
  expect(next).toEqual(partitions.map((partition) => partition.next));
}

const kafka = await kafkaForTests('libs/log on Kafka: brokers that fail', 3);

if (kafka) {
  describe('log on Kafka: faults', () => {
    afterAll(() => kafka.deleteAll(prefix));

    it('goes on while one broker of three is killed and comes back: nothing lost, nothing twice', async () => {
      const log = await open(kafka, { patienceMs: 30_000 });
      await log.createTopic('one', { partitions: 4 });
      const [follower, { acknowledged, state, stop }] = [await follow(log, 'one'), load(log, 'one')];
      for (const broker of [2, 3]) {
        await sleep(1500);
        const before = acknowledged.size;
        await kafka.stop(broker, true);
        await sleep(4000);
        expect(acknowledged.size).toBeGreaterThan(before);
        await kafka.start(broker);
      }
      await sleep(1500);
      await stop();
      await untilRead(log, 'one', follower.next);
      await follower.stop();
      expect(state.refused).toBe(0);
      expect(follower.next.reduce((sum, next) => sum + next)).toBe(acknowledged.size);
      for (const [value, place] of acknowledged) expect(follower.read.get(value)).toBe(place);
      await log.close();
    });

    it('refuses, in bounded time, while all brokers are away; then goes on', async () => {
      const log = await open(kafka, { patienceMs: 2000 });
      await log.createTopic('all', { partitions: 4 });
      const [follower, { acknowledged, state, stop }] = [await follow(log, 'all'), load(log, 'all')];
      await sleep(1000);
      for (const broker of [1, 2, 3]) await kafka.stop(broker, true);
      await expect(log.append('all', [{ time: 1, value: Buffer.from('x') }])).rejects.toEqual(
        rejection('LOG_UNAVAILABLE'),
      );
      await expect(log.read('all', 0, 0)).rejects.toEqual(rejection('LOG_UNAVAILABLE'));
      await expect(log.describeGroup('follower')).rejects.toEqual(rejection('LOG_UNAVAILABLE'));
      expect(state.refused).toBeGreaterThan(0);
      await Promise.all([1, 2, 3].map((broker) => kafka.start(broker)));
      const before = acknowledged.size;
      for (let i = 0; i < 300 && acknowledged.size < before + 100; i++) await sleep(100);
      expect(acknowledged.size).toBeGreaterThan(before);
      await stop();
      await untilRead(log, 'all', follower.next);
      await follower.stop();
      for (const [value, place] of acknowledged) expect(follower.read.get(value)).toBe(place);
      await log.close();
    });

    it('refuses in bounded time while a broker hangs, and goes on without it', async () => {
      const patienceMs = 2000;
      const log = await open(kafka, { patienceMs });
      await log.createTopic('hang', { partitions: 4 });
      const [follower, { acknowledged, stop }] = [await follow(log, 'hang'), load(log, 'hang')];
      const everywhere = () =>
        log.append(
          'hang',
          [0, 1, 2, 3].map((i) => record(`${i}`, { partition: i })),
        );
      await everywhere();
      const thaw = await kafka.freeze(2);
      try {
        await expect(everywhere()).rejects.toEqual(rejection('LOG_UNAVAILABLE'));
        // Others lead its partitions once its session has ended, after 9 s.
        for (let i = 0; i < 30 && (await everywhere().catch(() => null)) === null; i++);
        await everywhere();
      } finally {
        thaw();
      }
      const before = acknowledged.size;
      for (let i = 0; i < 300 && acknowledged.size < before + 100; i++) await sleep(100);
      await stop();
      await untilRead(log, 'hang', follower.next);
      await follower.stop();
      for (const [value, place] of acknowledged) expect(follower.read.get(value)).toBe(place);
      await log.close();
    });

    it('takes away what it held from a member that the brokers let go, and lets it begin again', async () => {
      const log = await open(kafka);
      await log.createTopic('member', { partitions: 1 });
      const events: string[] = [];
      const consumer = await log.consume('zombies', ['member'], {
        assigned: async (positions) => {
          events.push(`assigned from ${positions[0].offset}`);
          return undefined;
        },
        revoked: async () => {
          events.push('revoked');
          await consumer.commit([{ topic: 'member', partition: 0, offset: 99 }]);
        },
      });
      await log.append(
        'member',
        [1, 2].map((i) => ({ time: 1, value: Buffer.from(`${i}`) })),
      );
      await consumer.poll();
      await consumer.commit([{ topic: 'member', partition: 0, offset: 1 }]);
      const [{ id }] = (await log.describeGroup('zombies')).members;
      await letGo(kafka, `${prefix}zombies`, id);
      await expect(consumer.commit([{ topic: 'member', partition: 0, offset: 2 }])).rejects.toEqual(
        rejection('LOG_NOT_OWNED'),
      );
      const batches = await consumer.poll();
      expect(batches?.[0].offset(0)).toBe(1);
      expect(events).toEqual(['assigned from 0', 'revoked', 'assigned from 1']);
      expect((await log.describeGroup('zombies')).positions[0].offset).toBe(1);
      await log.close();
    });
  });
}

/** Leaves the group in the name of a member: to it, as if its session had ended. */
async function letGo(kafka: TestKafka, group: string, id: string): Promise<void> {
  const pool = new ConnectionPool('weir-tests');
  const said = await Promise.allSettled(
    kafka.brokers.map(async (address) => {
      const [host, port] = address.split(':');
      const connection = await pool.get({ host, port: Number(port) });
      await consumerGroupHeartbeatV1.api.async(connection, group, id, -1, null, null, -1, null, null, null, null);
    }),
  );
  await pool.close();
  expect(said.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
}
