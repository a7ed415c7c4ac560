import { cpSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#libs/clock';
import { readAll, record } from '../../contract/fixture.js';
import { FaultyDisk } from '../../testing/faulty-disk.js';
import { freshFolder } from '../../testing/folders.js';
import { salvage } from '../../testing/salvage.js';
import type { Log } from '../log.js';
import { openEmbeddedLog } from './embedded-log.js';
import { frameBytes, frameHeaderBytes } from './frame.js';
import type { Damage } from './limits.js';
import { recordBytes, recordTableBytes } from './records.js';

/*
 * An index file covers a segment as far as it went when the file was last written: that is less than the segment
 * whenever a process dies, or its disk fails, between the last frame of a segment and the segment's last index.
 */
const text = (n: number): string => `${n}`.padEnd(300);
const texts = (count: number): string[] => Array.from({ length: count }, (_, n) => text(n));

let folder: string;
let disk: FaultyDisk;
let log: Log;
let damage: Damage[];
/** Index files that wait for this are written when the log is closed. */
let gate: PromiseWithResolvers<void>;
const live = () => join(folder, 'live');
const copy = () => join(folder, 'copy');
const fileOf = (directory: string, number: number, kind = 'segment') =>
  join(directory, 'topics/t', `000000000${number}.${kind}`);

async function reopen(directory: string): Promise<void> {
  gate?.resolve();
  await log?.close();
  gate = Promise.withResolvers();
  damage = [];
  log = await openEmbeddedLog({
    directory,
    clock: new ManualClock(1),
    segmentBytesMax: 2400,
    openFile: disk.open,
    onDamage: (each) => damage.push(each),
  });
}

async function append(from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) await log.append('t', [record(text(n))]);
}

/** The data folder as a process leaves it that is killed now. */
function kill(): void {
  cpSync(live(), copy(), { recursive: true, filter: (path) => !path.endsWith('/lock') });
}

function flipHeaderOf(n: number, path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.indexOf(text(n)) - recordTableBytes - frameHeaderBytes + 20] ^= 1;
  writeFileSync(path, bytes);
}

/** A first segment of five records, with room for one more; its index file knows two. */
beforeEach(async () => {
  folder = await freshFolder();
  disk = new FaultyDisk();
  await reopen(live());
  await log.createTopic('t', { partitions: 1 });
  await append(0, 2);
  await reopen(live());
  await append(2, 5);
});
afterEach(async () => {
  gate.resolve();
  await log.close();
  rmSync(folder, { recursive: true });
});

describe('an index file that knows only a part of its segment', () => {
  it('hides nothing when the process dies before the last index of a full segment is written', async () => {
    disk.indexGate = gate.promise;
    await append(5, 8);
    kill();
    await reopen(copy());
    expect(await readAll(log, 't')).toEqual(texts(8));
    expect(damage).toEqual([]);
  });

  it('hides nothing when the last index of a full segment could not be written, and is made whole at the next start', async () => {
    disk.failingIndexes = true;
    await append(5, 8);
    await log.close();
    disk.failingIndexes = false;
    const indexed = () => statSync(fileOf(live(), 1, 'index')).size;
    const before = indexed();
    for (let round = 0; round < 2; round++) {
      await reopen(live());
      expect(await readAll(log, 't')).toEqual(texts(8));
      expect(damage).toEqual([]);
      expect(indexed()).toBeGreaterThan(before);
    }
  });

  it('hides nothing but the damaged frame, after records were added elsewhere as well', async () => {
    kill();
    flipHeaderOf(3, fileOf(copy(), 1));
    for (const added of [5, 6, 7]) {
      await reopen(copy());
      const { records, lost } = await salvage(log, 't', 0);
      expect([...records.values()]).toEqual(texts(added).toSpliced(3, 1));
      expect(lost).toMatchObject([{ from: 3, to: 4 }]);
      await append(added, added + 1);
    }
  });
});

describe('a segment of which only the beginning was written when the process died', () => {
  it.each([{ index: 'an index that knows all' }, { index: 'an index that knows a part' }, { index: 'no index' }])(
    'costs the one before it nothing, of which there is $index',
    async ({ index }) => {
      if (index === 'an index that knows a part') disk.failingIndexes = true;
      const large = record('too large for the first segment'.padEnd(500));
      await log.append('t', [large]);
      await log.close();
      kill();
      const newest = fileOf(copy(), 2);
      truncateSync(newest, statSync(newest).size - frameBytes(recordBytes(large)));
      rmSync(fileOf(copy(), 2, 'index'), { force: true });
      if (index === 'no index') rmSync(fileOf(copy(), 1, 'index'));
      await reopen(copy());
      expect(await readAll(log, 't')).toEqual(texts(5));
      await append(5, 7);
      expect(await readAll(log, 't')).toEqual(texts(7));
      await reopen(copy());
      expect(await readAll(log, 't')).toEqual(texts(7));
    },
  );
});
