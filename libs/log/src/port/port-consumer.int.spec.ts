import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#libs/clock';
import { isPending, record, take } from '../../contract/fixture.js';
import { freshFolder } from '../../testing/folders.js';
import { openEmbeddedLog } from '../embedded/embedded-log.js';
import type { Consumer, Log } from '../log.js';
import { openPortLog } from './port-log.js';
import { serveLog } from './serve-log.js';

let directory: string;
let engine: Log;
let log: Log;
let port: MessagePort;
/** Called when the engine has given batches that have not crossed yet. */
let onTheWay: () => void;

beforeEach(async () => {
  directory = await freshFolder();
  engine = await openEmbeddedLog({ directory, clock: systemClock });
  const { port1, port2 } = new MessageChannel();
  serveLog(telling(engine), port1);
  port = port2;
  log = openPortLog(port);
  onTheWay = () => {};
  await log.createTopic('t', { partitions: 2 });
  for (const partition of [0, 1]) {
    await log.append(
      't',
      [0, 1, 2, 3].map((i) => record(`${i}`, { partition })),
    );
  }
});
afterEach(async () => {
  await log.close();
  await engine.close();
  await rm(directory, { recursive: true });
});

function telling(real: Log): Log {
  const consume = async (...given: Parameters<Log['consume']>): Promise<Consumer> => {
    const consumer = await real.consume(...given);
    return {
      id: consumer.id,
      poll: async () => {
        const batches = await consumer.poll();
        onTheWay();
        onTheWay = () => {};
        return batches;
      },
      commit: (positions) => consumer.commit(positions),
      seek: (...where) => consumer.seek(...where),
      pause: (...where) => consumer.pause(...where),
      resume: (...where) => consumer.resume(...where),
      close: () => consumer.close(),
    };
  };
  return {
    createTopic: (topic, options) => real.createTopic(topic, options),
    topics: () => real.topics(),
    describe: (topic) => real.describe(topic),
    ends: (topics) => real.ends(topics),
    append: (topic, records) => real.append(topic, records),
    read: (...from) => real.read(...from),
    offsetAt: (...from) => real.offsetAt(...from),
    consume,
    groups: () => real.groups(),
    describeGroup: (group) => real.describeGroup(group),
    resetGroup: (...to) => real.resetGroup(...to),
    close: () => real.close(),
  };
}

describe('while batches are on their way', () => {
  it('a seek takes what comes from elsewhere back', async () => {
    const consumer = await log.consume('g', ['t']);
    onTheWay = () => consumer.seek('t', 0, 2);
    expect((await take(consumer, 6)).sort()).toEqual(['0: 2', '0: 3', '1: 0', '1: 1', '1: 2', '1: 3']);
    onTheWay = () => {
      consumer.seek('t', 1, 3);
      consumer.seek('t', 1, 1);
    };
    consumer.seek('t', 1, 0);
    expect(await take(consumer, 3)).toEqual(['1: 1', '1: 2', '1: 3']);
    expect(await isPending(consumer.poll())).toBe(true);
  });

  it('a pause keeps them until it is resumed, whole', async () => {
    const consumer = await log.consume('g', ['t']);
    onTheWay = () => consumer.pause('t', 0);
    expect(await take(consumer, 4)).toEqual(['1: 0', '1: 1', '1: 2', '1: 3']);
    const polling = consumer.poll();
    expect(await isPending(polling)).toBe(true);
    consumer.resume('t', 0);
    expect((await polling)?.map(({ partition, count }) => [partition, count])).toEqual([[0, 4]]);
  });

  it('a pause that is over loses nothing and gives nothing twice', async () => {
    const consumer = await log.consume('g', ['t']);
    onTheWay = () => {
      consumer.pause('t', 0);
      consumer.resume('t', 0);
      consumer.pause('t', 1);
    };
    expect(await take(consumer, 4)).toEqual(['0: 0', '0: 1', '0: 2', '0: 3']);
    consumer.resume('t', 1);
    expect(await take(consumer, 4)).toEqual(['1: 0', '1: 1', '1: 2', '1: 3']);
    expect(await isPending(consumer.poll())).toBe(true);
  });
});

it('where batches are transient, gives every record all the same', async () => {
  const consumer = await log.consume('g', ['t'], { transient: true, recordsMax: 1 });
  expect((await take(consumer, 8)).sort()).toEqual([0, 1].flatMap((p) => [0, 1, 2, 3].map((i) => `${p}: ${i}`)));
  const both = ['x', 'y'].map((text) => record(text.repeat(1000), { partition: 0 }));
  await log.append('t', both);
  expect(await take(consumer, 2)).toEqual([`0: ${'x'.repeat(1000)}`, `0: ${'y'.repeat(1000)}`]);
});

it('when the other side is gone its consumers leave their groups, and what it was to be asked is not waited for', async () => {
  const consumer = await log.consume('g', ['t'], { revoked: () => new Promise(() => {}) });
  await consumer.poll();
  const polling = consumer.poll();
  expect(await isPending(polling)).toBe(true);
  port.close();
  await expect(polling).rejects.toMatchObject({ name: 'LogError', code: 'LOG_UNAVAILABLE' });
  await expect(log.topics()).rejects.toMatchObject({ name: 'LogError', code: 'LOG_UNAVAILABLE' });
  for (let i = 0; i < 100 && (await engine.describeGroup('g')).members.length > 0; i++) await delay(10);
  expect((await engine.describeGroup('g')).members).toEqual([]);
  // Another takes over.
  expect(await take(await engine.consume('g', ['t']), 8)).toHaveLength(8);
});
