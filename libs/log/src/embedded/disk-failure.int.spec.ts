import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#libs/clock';
import { isPending, readAll, record, rejection } from '../../contract/fixture.js';
import { FaultyDisk } from '../../testing/faulty-disk.js';
import { freshFolder } from '../../testing/folders.js';
import type { Log } from '../log.js';
import { openEmbeddedLog } from './embedded-log.js';
import type { EmbeddedLogOptions } from './limits.js';

const unavailable = (reason: string) => rejection('LOG_UNAVAILABLE', { topic: 't', reason });

let directory: string;
let disk: FaultyDisk;
let log: Log;

async function open(options: Partial<EmbeddedLogOptions> = {}): Promise<void> {
  log = await openEmbeddedLog({ directory, clock: new ManualClock(1), openFile: disk.open, ...options });
  await log.createTopic('t', { partitions: 1 });
}

beforeEach(async () => {
  directory = await freshFolder();
  disk = new FaultyDisk();
});
afterEach(async () => {
  await log.close();
  rmSync(directory, { recursive: true });
});

describe('a full disk', () => {
  it('acknowledges nothing, goes on reading, and takes records again when there is room', async () => {
    await open();
    await log.append('t', [record('before')]);
    disk.roomBytes = 50;
    await expect(log.append('t', [record('lost')])).rejects.toEqual(unavailable('ENOSPC'));
    await expect(log.append('t', [record('lost')])).rejects.toEqual(unavailable('ENOSPC'));
    expect(await readAll(log, 't')).toEqual(['before']);
    expect((await log.describe('t')).partitions[0].next).toBe(1);
    disk.roomBytes = Number.POSITIVE_INFINITY;
    expect([...(await log.append('t', [record('after')])).offsets]).toEqual([1]);
    expect(await readAll(log, 't')).toEqual(['before', 'after']);
  });

  it('may fill up at any byte, also where a new segment begins', async () => {
    await open({ segmentBytesMax: 1000 });
    let next = 0;
    for (let room = 0; room < 700; room += 13) {
      disk.roomBytes = room;
      const [appended] = await Promise.allSettled([log.append('t', [record(`${next}`.padEnd(300))])]);
      disk.roomBytes = Number.POSITIVE_INFINITY;
      if (appended.status === 'fulfilled') next++;
      await log.append('t', [record(`${next}`.padEnd(300))]);
      next++;
      expect(await readAll(log, 't')).toHaveLength(next);
    }
    await log.close();
    await open();
    expect((await readAll(log, 't')).map(Number)).toEqual(Array.from({ length: next }, (_, i) => i));
  });

  it('rejects all that wait, and leaves commits and new topics to fail on their own', async () => {
    await open();
    const consumer = await log.consume('g', ['t']);
    await consumer.commit([{ topic: 't', partition: 0, offset: 0 }]);
    disk.roomBytes = 0;
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => log.append('t', [record('x')])));
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    await expect(consumer.commit([{ topic: 't', partition: 0, offset: 9 }])).rejects.toEqual(
      rejection('LOG_UNAVAILABLE'),
    );
    expect((await log.describeGroup('g')).positions[0].offset).toBe(0);
    await expect(log.createTopic('u', { partitions: 1 })).rejects.toEqual(rejection('LOG_UNAVAILABLE'));
    disk.roomBytes = Number.POSITIVE_INFINITY;
    await consumer.commit([{ topic: 't', partition: 0, offset: 9 }]);
    await log.createTopic('u', { partitions: 1 });
    await log.append('u', [record('x')]);
  });

  it('may be the kernel that says so', async (context) => {
    const tmpfs = mountTmpfs();
    if (!tmpfs) return context.skip();
    const folder = join(tmpfs, 'log');
    const filler = join(tmpfs, 'filler');
    try {
      log = await openEmbeddedLog({ directory: folder, clock: new ManualClock(1) });
      await log.createTopic('t', { partitions: 1 });
      await log.append('t', [record('before')]);
      writeFileSync(filler, Buffer.alloc(1024 * 1024));
      const large = () => log.append('t', [record('x'.repeat(900_000))]);
      let stored = 1;
      await expect(
        (async () => {
          for (; ; stored++) await large();
        })(),
      ).rejects.toEqual(unavailable('ENOSPC'));
      expect(await readAll(log, 't')).toHaveLength(stored);
      rmSync(filler);
      await large();
      await log.close();
      log = await openEmbeddedLog({ directory: folder, clock: new ManualClock(1) });
      expect(await readAll(log, 't')).toHaveLength(stored + 1);
    } finally {
      await log.close();
      execFileSync('umount', [tmpfs]);
      rmSync(tmpfs, { recursive: true });
    }
  });
});

/** A disk of 4 MiB, where this process may mount one. */
function mountTmpfs(): string | undefined {
  const folder = execFileSync('mktemp', ['-d']).toString().trim();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    console.log('NO TMPFS CAN BE MOUNTED HERE: THE TEST WITH A REALLY FULL DISK IS LEFT OUT');
    return undefined;
  }
}

describe('a failed sync', () => {
  it('acknowledges nothing and makes nothing readable; the next append goes to a file opened anew', async () => {
    await open();
    await log.append('t', [record('before')]);
    const { opened } = disk;
    disk.failingSyncs = 1;
    await expect(log.append('t', [record('lost')])).rejects.toEqual(unavailable('EIO'));
    expect(await readAll(log, 't')).toEqual(['before']);
    expect([...(await log.append('t', [record('after')])).offsets]).toEqual([1]);
    expect(disk.opened).toBeGreaterThan(opened);
    expect(await readAll(log, 't')).toEqual(['before', 'after']);
    await log.close();
    await open();
    expect(await readAll(log, 't')).toEqual(['before', 'after']);
  });

  it('may last, and hit the repair as well', async () => {
    await open();
    await log.append('t', [record('before')]);
    disk.failingSyncs = 7;
    for (let failures = 0; disk.failingSyncs > 0; failures++) {
      expect(failures).toBeLessThan(8);
      await expect(log.append('t', [record('lost')])).rejects.toEqual(unavailable('EIO'));
    }
    await log.append('t', [record('after')]);
    expect(await readAll(log, 't')).toEqual(['before', 'after']);
  });

  it('may hit the very first write of a topic', async () => {
    await open();
    disk.failingSyncs = 1;
    await expect(log.append('t', [record('lost')])).rejects.toEqual(unavailable('EIO'));
    await log.close();
    await open();
    await log.append('t', [record('first')]);
    expect(await readAll(log, 't')).toEqual(['first']);
  });
});

describe('a slow disk', () => {
  it('shares one write and one sync among all that wait', async () => {
    await open();
    await log.append('t', [record('warm')]);
    const { syncs } = disk;
    await Promise.all(Array.from({ length: 500 }, (_, i) => log.append('t', [record(`${i}`)])));
    expect(disk.syncs - syncs).toBe(1);
  });

  it('makes nothing readable before it is synced, in the order of recording across topics', async () => {
    await open();
    await log.createTopic('u', { partitions: 1 });
    await log.append('t', [record('a')]);
    await log.append('u', [record('a')]);
    const { promise, resolve } = Promise.withResolvers<void>();
    disk.syncGate = promise;
    const slow = log.append('t', [record('b')]);
    expect(await isPending(slow)).toBe(true);
    expect(await readAll(log, 't')).toEqual(['a']);
    disk.syncGate = Promise.resolve();
    resolve();
    await slow;
    expect(await readAll(log, 't')).toEqual(['a', 'b']);
  });

  it('turns appends away once too many bytes wait', async () => {
    await open({ waitingBytesMax: 10_000, recordBytesMax: 5000 });
    const { promise, resolve } = Promise.withResolvers<void>();
    disk.syncGate = promise;
    const waiting = [record('x'.repeat(4000)), record('y'.repeat(4000))].map((each) => log.append('t', [each]));
    await expect(log.append('t', [record('z'.repeat(4000))])).rejects.toEqual(
      rejection('LOG_BUSY', { waitingBytesMax: 10_000 }),
    );
    resolve();
    await Promise.all(waiting);
    await log.append('t', [record('z'.repeat(4000))]);
    expect(await readAll(log, 't')).toHaveLength(3);
    const hopeless = [1, 2, 3].map(() => record('x'.repeat(4000)));
    await expect(log.append('t', hopeless)).rejects.toEqual(rejection('LOG_RECORD_TOO_LARGE'));
  });
});
