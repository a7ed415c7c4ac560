import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FolderSnapshots } from './folder-snapshots.js';

let folder: string;
let snapshots: FolderSnapshots;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'weir-snapshots-')), 'snapshots');
  snapshots = new FolderSnapshots(folder);
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const parts = (...texts: string[]) => texts.map((text) => Buffer.from(text));

test('gives back what was saved last, by name', async () => {
  expect(await snapshots.load('a')).toBeNull();
  await snapshots.save('a', 1, parts('one, ', '', 'two'));
  await snapshots.save('b', 1, parts('other'));
  await snapshots.save('a', 1, parts('three'));
  expect((await snapshots.load('a'))?.toString()).toBe('three');
  expect((await snapshots.load('b'))?.toString()).toBe('other');
  await snapshots.delete('a');
  await snapshots.delete('a');
  expect(await snapshots.load('a')).toBeNull();
  expect((await new FolderSnapshots(folder).load('b'))?.toString()).toBe('other');
});

test('keeps many parts and large ones whole', async () => {
  const many = Array.from({ length: 5000 }, (_, i) => Buffer.alloc(i % 700, i));
  await snapshots.save('many', 1, many);
  expect(Buffer.concat(many).equals((await snapshots.load('many'))!)).toBe(true);
});

test('a save that fails leaves the snapshot before it as it is', async () => {
  await snapshots.save('a', 1, parts('whole'));
  mkdirSync(join(folder, 'a.snapshot.new'));
  await expect(snapshots.save('a', 1, parts('half'))).rejects.toMatchObject({ code: 'EISDIR' });
  expect((await snapshots.load('a'))?.toString()).toBe('whole');
});

test('what a crash left half written is not what is read, and is overwritten', async () => {
  await snapshots.save('a', 1, parts('whole'));
  writeFileSync(join(folder, 'a.snapshot.new'), 'ha');
  expect((await snapshots.load('a'))?.toString()).toBe('whole');
  await snapshots.save('a', 1, parts('newer'));
  expect((await snapshots.load('a'))?.toString()).toBe('newer');
  expect(readdirSync(folder).toSorted()).toEqual(['a.snapshot', 'a.snapshot.before']);
});

test('where a power failure damaged the newest, the one before it is read; where both, neither', async () => {
  const [newest, before] = ['a.snapshot', 'a.snapshot.before'].map((file) => join(folder, file));
  await snapshots.save('a', 1, parts('first'));
  await snapshots.save('a', 2, parts('second'));
  const whole = readFileSync(newest);
  for (const damaged of [Buffer.alloc(0), whole.subarray(0, 3), whole.subarray(0, -1), Buffer.alloc(whole.length)]) {
    writeFileSync(newest, damaged);
    expect((await snapshots.load('a'))?.toString()).toBe('first');
  }
  // Between the two renames of a save.
  rmSync(newest);
  expect((await snapshots.load('a'))?.toString()).toBe('first');
  writeFileSync(before, 'fi');
  expect(await snapshots.load('a')).toEqual(Buffer.alloc(0));
});

test('state of no bytes is state', async () => {
  await snapshots.save('a', 1, []);
  expect(await snapshots.load('a')).toEqual(Buffer.alloc(0));
});

test('a name is a name, not a path', async () => {
  await snapshots.save('../../outside', 1, parts('inside'));
  expect(readdirSync(folder)).toHaveLength(1);
  expect((await snapshots.load('../../outside'))?.toString()).toBe('inside');
});

test('says so where the folder cannot be read', async () => {
  writeFileSync(folder, 'a file where the folder should be');
  await expect(snapshots.load('a')).rejects.toMatchObject({ code: 'ENOTDIR' });
});
