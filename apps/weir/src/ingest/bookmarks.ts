import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Season } from './years.js';

/** So many bytes at its beginning tell one file from another. */
export const PREFIX_BYTES_MAX = 4_096;
/** Fewer than these may be the same in different files (a header, a date): then the inode has to agree as well. */
const PREFIX_BYTES_SURE = 1_024;

/** What a file looks like from outside. */
export interface FileLook {
  /** Its first bytes, at most PREFIX_BYTES_MAX, unpacked. */
  head: Buffer;
  /** `device:inode`. */
  inode: string;
}

/** How far a file was fed. Kept as one small file per fed file and way of reading it. */
export interface Bookmark {
  /** Identifies the file's content for good: the `source` of its events, whose ids are byte offsets. */
  fingerprint: string;
  /** The first byte that was not acknowledged, and the lines before it. */
  position: number;
  lines: number;
  /** The season there, where lines have no year. */
  season: Season | null;
  /** How it is read (`nginx`, or `sshd year=2017`): another way of reading is another feed. */
  reading: string;
  /** Where the file was seen last. */
  file: string;
  inode: string;
  prefixBytes: number;
  prefixHash: string;
  /** What is added to event times, ms, and the moment that the newest one was moved to; null until it is known. */
  shift: { ms: number; to: number } | null;
}

const hash = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');

/** A file that nobody has fed yet. */
export function newBookmark(file: string, reading: string, look: FileLook): Bookmark {
  const fingerprint = hash(`${reading}\n${hash(look.head)}`).slice(0, 24);
  return { fingerprint, reading, file, position: 0, lines: 0, season: null, shift: null, ...identity(look) };
}

/**
 * The same file, also when it has grown, was renamed, copied or packed since. Content decides: the bytes seen at the
 * first feed must still be its first bytes. Where those were few, they must be all there is, or the inode the same.
 */
export function isSameFile(bookmark: Bookmark, look: FileLook): boolean {
  const { prefixBytes, prefixHash, inode } = bookmark;
  if (look.head.length < prefixBytes || hash(look.head.subarray(0, prefixBytes)) !== prefixHash) return false;
  return prefixBytes >= PREFIX_BYTES_SURE || look.inode === inode || look.head.length === prefixBytes;
}

function identity(look: FileLook): Pick<Bookmark, 'inode' | 'prefixBytes' | 'prefixHash'> {
  return { inode: look.inode, prefixBytes: look.head.length, prefixHash: hash(look.head) };
}

/** The bookmarks of a data folder. */
export class Bookmarks {
  private readonly folder: string;

  constructor(dataDir: string) {
    this.folder = join(dataDir, 'ingest');
  }

  /** The bookmark of this file, or a new one; its identity follows the file as that grows. */
  async find(file: string, reading: string, look: FileLook): Promise<Bookmark> {
    for (const bookmark of await this.all()) {
      if (bookmark.reading === reading && isSameFile(bookmark, look)) return { ...bookmark, file, ...identity(look) };
    }
    return newBookmark(file, reading, look);
  }

  /** Durable once resolved; readers see the old one or the new one. */
  async save(bookmark: Bookmark): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    const path = join(this.folder, `${bookmark.fingerprint}.json`);
    const handle = await open(`${path}.tmp`, 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify(bookmark));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${path}.tmp`, path);
  }

  private async all(): Promise<Bookmark[]> {
    const names = await readdir(this.folder).catch(() => []);
    const texts = names
      .filter((name) => name.endsWith('.json'))
      .map((name) => readFile(join(this.folder, name), 'utf8').then(JSON.parse));
    return Promise.all(texts);
  }
}
