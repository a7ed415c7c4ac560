import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#libs/clock';
import { readAll, record, rejection, take } from '../../contract/fixture.js';
import { FaultyDisk } from '../../testing/faulty-disk.js';
import { freshFolder } from '../../testing/folders.js';
import type { Log } from '../log.js';
import { openEmbeddedLog } from './embedded-log.js';

const retentionMs = 4000;
const lookEveryMs = 5;

let directory: string;
let clock: ManualClock;
let disk: FaultyDisk;
let log: Log;

async function reopen(expireEveryMs = lookEveryMs): Promise<void> {
  await log?.close();
  log = await openEmbeddedLog({ directory, clock, expireEveryMs, openFile: disk.open });
}

const topicFolder = () => join(directory, 'topics/t');
const segments = () => readdirSync(topicFolder()).filter((name) => name.endsWith('.segment'));
const firstAndNext = async () => {
  const { earliest, next } = (await log.describe('t')).partitions[0];
  return [earliest, next];
};
/** Longer than it takes to look for what is too old. */
const aLook = () => delay(20 * lookEveryMs);

beforeEach(async () => {
  directory = await freshFolder();
  clock = new ManualClock(1_700_000_000_000);
  disk = new FaultyDisk();
  await reopen();
  await log.createTopic('t', { partitions: 1, retentionMs });
});
afterEach(async () => {
  await log.close();
  rmSync(directory, { recursive: true });
});

describe('retention by age', () => {
  it('takes steps of a quarter of the time while records are appended', async () => {
    await reopen(60_000);
    for (let n = 0; n < 20; n++) {
      await log.append('t', [record(`${n}`)]);
      clock.advance(500);
    }
    const [earliest, next] = await firstAndNext();
    expect(next).toBe(20);
    // When the last was appended, those before the eleventh were older than four seconds; a segment holds three.
    expect(earliest).toBeGreaterThanOrEqual(11 - 3);
    expect(earliest).toBeLessThanOrEqual(11);
    expect(await readAll(log, 't', 0, earliest)).toHaveLength(next - earliest);
    await expect(log.read('t', 0, earliest - 1)).rejects.toEqual(rejection('LOG_OFFSET_EXPIRED', { earliest }));
  });

  it('empties a topic that nothing is appended to, and not before its time', async () => {
    await log.append('t', [record('a')]);
    clock.advance(1500);
    await log.append('t', [record('b')]);
    expect(segments()).toHaveLength(2);
    clock.advance(retentionMs - 100);
    await expect.poll(firstAndNext).toEqual([1, 2]);
    await aLook();
    expect(await readAll(log, 't', 0, 1)).toEqual(['b']);
    clock.advance(200);
    await expect.poll(firstAndNext).toEqual([2, 2]);
    await expect.poll(segments).toHaveLength(1);
    await expect(log.read('t', 0, 1)).rejects.toEqual(rejection('LOG_OFFSET_EXPIRED', { earliest: 2 }));
    expect(await readAll(log, 't', 0, 2)).toEqual([]);
    await aLook();
    expect(segments()).toEqual(['0000000003.segment']);
  });

  it('goes on with the offsets after it, for whoever waits as well', async () => {
    await log.append('t', [record('a'), record('b')]);
    const consumer = await log.consume('g', ['t']);
    expect(await take(consumer, 2)).toEqual(['0: a', '0: b']);
    const waiting = take(consumer, 1);
    clock.advance(retentionMs + 1);
    await expect.poll(firstAndNext).toEqual([2, 2]);
    expect([...(await log.append('t', [record('c')])).offsets]).toEqual([2]);
    expect(await waiting).toEqual(['0: c']);
  });

  it('leaves topics without an age alone', async () => {
    await log.createTopic('u', { partitions: 1, retentionBytes: 1_000_000 });
    await log.append('u', [record('kept')]);
    await log.append('t', [record('a')]);
    clock.advance(1e12);
    await expect.poll(firstAndNext).toEqual([1, 1]);
    expect(await readAll(log, 'u')).toEqual(['kept']);
  });

  it('tries again where the disk fails, and loses no offset by that', async () => {
    await log.append('t', [record('a')]);
    disk.failingIndexes = true;
    clock.advance(retentionMs + 1);
    await aLook();
    expect(await firstAndNext()).toEqual([0, 1]);
    expect([...(await log.append('t', [record('b')])).offsets]).toEqual([1]);
    expect(await readAll(log, 't', 0, 1)).toEqual(['b']);
    disk.failingIndexes = false;
    clock.advance(retentionMs + 1);
    await expect.poll(firstAndNext).toEqual([2, 2]);
    await reopen();
    expect(await firstAndNext()).toEqual([2, 2]);
  });
});

describe('an emptied topic', () => {
  const spoilt = {
    'as it was left': () => {},
    'without its index': (segment: string) => rmSync(segment.replace('.segment', '.index')),
    'with a damaged header': (segment: string) => {
      const bytes = readFileSync(segment);
      bytes[9] ^= 1;
      writeFileSync(segment, bytes);
    },
  };
  it.each(Object.entries(spoilt))('uses no offset twice, %s', async (_, spoil) => {
    await log.append('t', [record('a'), record('b')]);
    clock.advance(retentionMs + 1);
    await expect.poll(firstAndNext).toEqual([2, 2]);
    await log.close();
    spoil(join(topicFolder(), segments()[0]));
    await reopen();
    expect(await firstAndNext()).toEqual([2, 2]);
    expect([...(await log.append('t', [record('c')])).offsets]).toEqual([2]);
    await reopen();
    expect(await readAll(log, 't', 0, 2)).toEqual(['c']);
  });
});
