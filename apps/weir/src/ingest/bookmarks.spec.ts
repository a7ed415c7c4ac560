import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Bookmarks, type FileLook, isSameFile, newBookmark } from './bookmarks.js';

const look = (text: string, inode = '1:1'): FileLook => ({ head: Buffer.from(text).subarray(0, 4_096), inode });
const long = 'a line of some log\n'.repeat(100);

describe('the same file', () => {
  const same = (before: FileLook, after: FileLook) => isSameFile(newBookmark('f', 'nginx', before), after);

  test('when it has grown in place, however short it was', () => {
    expect(same(look('one\n'), look('one\ntwo\n'))).toBe(true);
    expect(same(look(long), look(long + long + long))).toBe(true);
  });
  test('when it was copied', () => {
    expect(same(look(long), look(long, '1:2'))).toBe(true);
    expect(same(look('one\n'), look('one\n', '1:2'))).toBe(true);
  });
  test('not when it was cut and written anew', () => {
    expect(same(look('one\ntwo\n'), look('three\n'))).toBe(false);
    expect(same(look(long), look('a line'))).toBe(false);
  });
  test('not when another file merely begins with the same few bytes', () => {
    expect(same(look('# log\n'), look('# log\nline\n', '1:2'))).toBe(false);
  });
});

describe('bookmarks', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weir-bookmarks-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('a file that grows keeps its fingerprint and position', async () => {
    const bookmarks = new Bookmarks(folder);
    const first = await bookmarks.find('a.log', 'nginx', look('one\n'));
    await bookmarks.save({ ...first, position: 4, lines: 1 });
    const grown = await new Bookmarks(folder).find('a.log.1', 'nginx', look(`one\n${long}`));
    expect(grown).toMatchObject({ fingerprint: first.fingerprint, position: 4, lines: 1, file: 'a.log.1' });
    await bookmarks.save(grown);
    const copied = await bookmarks.find('copy', 'nginx', look(`one\n${long}more\n`, '1:9'));
    expect(copied).toMatchObject({ fingerprint: first.fingerprint, position: 4 });
  });

  test('read another way it is another feed', async () => {
    const bookmarks = new Bookmarks(folder);
    const nginx = await bookmarks.find('a.log', 'nginx', look(long));
    await bookmarks.save({ ...nginx, position: 100 });
    const sshd = await bookmarks.find('a.log', 'sshd', look(long));
    expect(sshd).toMatchObject({ position: 0 });
    expect(sshd.fingerprint).not.toBe(nginx.fingerprint);
  });
});
