import { cpSync, globSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '#libs/clock';
import { freshFolder } from '../../testing/folders.js';
import { type Salvaged, salvage } from '../../testing/salvage.js';
import type { Log } from '../log.js';
import { openEmbeddedLog } from './embedded-log.js';
import type { Damage } from './limits.js';

/*
 * Whatever byte is changed and wherever a file is cut: what is read is what was written, and what can't be read is
 * reported. Each case damages a copy of the same small log, opens it, reads, appends, and opens it once more.
 */
const partitions = 3;
const topics = { plain: 'none', packed: 'zstd' } as const;

let folder: string;
/** As the process left it that closed it, and as one left it that was killed: every other index knows a part, the rest are gone. */
const closed = () => join(folder, 'closed');
const killed = () => join(folder, 'killed');
const copy = () => join(folder, 'copy');

const open = (directory: string, onDamage: (damage: Damage) => void = () => {}): Promise<Log> =>
  openEmbeddedLog({ directory, clock: new ManualClock(1), segmentBytesMax: 6000, onDamage });

const text = (partition: number, offset: number): string =>
  `${partition}/${offset} ${'word '.repeat((offset * 7) % 60)}`;

beforeAll(async () => {
  folder = await freshFolder();
  const firstIndexes = new Map<string, Buffer>();
  let log = await open(closed());
  for (const [topic, compression] of Object.entries(topics)) {
    await log.createTopic(topic, { partitions, compression });
    for (let from = 0; from < 60; from += 4) {
      const records = [from, from + 1, from + 2, from + 3].flatMap((offset) =>
        Array.from({ length: partitions }, (_, partition) => ({
          partition,
          time: offset,
          value: Buffer.from(text(partition, offset)),
        })),
      );
      // Partition 2 gets its records in every other group only.
      await log.append(topic, from % 8 === 0 ? records.filter(({ partition }) => partition < 2) : records);
      await log.close();
      for (const index of globSync(`topics/${topic}/*.index`, { cwd: closed() })) {
        if (!firstIndexes.has(index)) firstIndexes.set(index, readFileSync(join(closed(), index)));
      }
      log = await open(closed());
    }
  }
  await log.resetGroup('g', [{ topic: 'plain', partition: 0, offset: 17 }]);
  await log.resetGroup('h', [{ topic: 'plain', partition: 0, offset: 18 }]);
  cpSync(closed(), killed(), { recursive: true });
  for (const index of globSync('topics/*/*.index', { cwd: killed() })) rmSync(join(killed(), index));
  for (const [index, bytes] of firstIndexes)
    if (/[13579]\.index$/.test(index)) writeFileSync(join(killed(), index), bytes);
  await log.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const nextOf = (partition: number): number => (partition === 2 ? 28 : 60);
/** Partition 2 skips every other four. */
const textAt = (partition: number, offset: number): string =>
  text(partition, partition === 2 ? offset + (Math.floor(offset / 4) + 1) * 4 : offset);

/** Every record read is right, and every other one is told of, or was cut off with a word about it. */
async function check(log: Log, topic: string, cut: boolean, damage: readonly Damage[]): Promise<Salvaged[]> {
  const all: Salvaged[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const salvaged = await salvage(log, topic, partition);
    all.push(salvaged);
    for (const [offset, value] of salvaged.records) {
      if (value !== 'added') expect(value).toBe(textAt(partition, offset));
    }
    for (const { file } of salvaged.lost) expect(String(file)).toContain(`/${topic}/`);
    const { earliest } = (await log.describe(topic)).partitions[partition];
    for (let offset = earliest; offset < nextOf(partition); offset++) {
      if (salvaged.records.has(offset)) continue;
      const told = salvaged.lost.some(({ from, to }) => from <= offset && offset < to);
      if (!told && !cut) expect({ topic, partition, offset, damage }).toBe('told of');
    }
  }
  return all;
}

/** Where nothing is spoiled, nothing is lost. `tailUnknown`: the end of a file that no index vouches for was cut, which nobody can tell from a crash. */
async function survives(source: string, spoil?: (directory: string) => void, tailUnknown = false): Promise<void> {
  const directory = copy();
  cpSync(source, directory, { recursive: true });
  try {
    spoil?.(directory);
    const damage: Damage[] = [];
    let log = await open(directory, (each) => damage.push(each));
    const wasCut = (topic: string) =>
      tailUnknown || damage.some(({ kind, file }) => kind === 'tail-cut' && file.includes(`/${topic}/`));
    for (const topic of Object.keys(topics)) await check(log, topic, wasCut(topic), damage);
    for (const [group, offset] of damage.length === 0 && !tailUnknown ? Object.entries({ g: 17, h: 18 }) : []) {
      expect((await log.describeGroup(group)).positions).toMatchObject([{ topic: 'plain', partition: 0, offset }]);
    }
    const added = new Map<string, number>();
    for (const topic of Object.keys(topics)) {
      const { partitions } = await log.describe(topic);
      const { offsets } = await log.append(topic, [{ partition: 1, time: 99, value: Buffer.from('added') }]);
      expect(offsets[0]).toBe(partitions[1].next);
      if (!wasCut(topic)) expect(offsets[0]).toBeGreaterThanOrEqual(nextOf(1));
      added.set(topic, offsets[0]);
    }
    for (let round = 0; round < 2; round++) {
      for (const [topic, offset] of added) {
        const all = await check(log, topic, wasCut(topic), damage);
        if (!spoil) expect(all.flatMap(({ lost }) => lost)).toEqual([]);
        const [, one] = all;
        expect(one.records.get(offset)).toBe('added');
      }
      await log.close();
      if (round === 0) log = await open(directory);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const files = (directory: string): string[] =>
  globSync('**/*', { cwd: directory })
    .filter((file) => /\.(segment|index|json)$/.test(file))
    .sort();

const isLast = (file: string): boolean =>
  file.endsWith('.segment') &&
  files(killed()).findLast((each) => dirname(each) === dirname(file) && each.endsWith('.segment')) === file;

/** A file by chance, and a place in it. */
const place = fc.record({ file: fc.nat(), position: fc.nat() });

function pick(directory: string, { file, position }: { file: number; position: number }) {
  const all = files(directory);
  const path = join(directory, all[file % all.length]);
  const bytes = readFileSync(path);
  return { path, bytes, position: position % bytes.length };
}

describe.each(['closed', 'killed'] as const)('a log that was %s', (state) => {
  const source = () => (state === 'closed' ? closed() : killed());

  it('is read as it was written', () => survives(source()));

  it('never serves a changed byte, and tells of it', async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), (where, mask) =>
        survives(source(), (directory) => {
          const { path, bytes, position } = pick(directory, where);
          bytes[position] ^= mask;
          writeFileSync(path, bytes);
        }),
      ),
      { numRuns: 120 },
    );
  });

  it('reads the rest of what was cut or overwritten', async () => {
    await fc.assert(
      fc.asyncProperty(place, fc.option(fc.integer({ min: 1, max: 3000 })), (where, zeros) => {
        const { path, position, bytes } = pick(source(), where);
        const spoiled = relative(source(), path);
        return survives(
          source(),
          (directory) => {
            if (zeros === null) truncateSync(join(directory, spoiled), position);
            else
              writeFileSync(
                join(directory, spoiled),
                bytes.fill(0, position, Math.min(position + zeros, bytes.length)),
              );
          },
          state === 'killed' && isLast(spoiled),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('reads the rest when a segment is gone', async () => {
    for (const file of files(source())) {
      const unknown = file.startsWith('positions') || (state === 'killed' && isLast(file));
      if (!file.endsWith('.segment')) continue;
      await survives(source(), (directory) => rmSync(join(directory, file)), unknown);
    }
  });
});
