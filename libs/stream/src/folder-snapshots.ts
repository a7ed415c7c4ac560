import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { SnapshotStore } from './snapshot-store.js';

const checksumBytes = 4;
const suffix = '.snapshot';

/**
 * Snapshots as files of a folder, which belongs to one process: nobody else saves there, so nothing is refused.
 *
 * They outlive the process at once, and a power failure as soon as the system has written them, which nobody waits for:
 * a sync holds up the log's own on the same disk. What a power failure damages is found by the checksum at the end of
 * the file; the snapshot before it is kept for that, and behind both there is the log, from which state is made again.
 */
export class FolderSnapshots implements SnapshotStore {
  constructor(private readonly folder: string) {}

  async save(name: string, _position: number, parts: readonly Uint8Array[]): Promise<boolean> {
    await mkdir(this.folder, { recursive: true });
    const [path, before] = this.pathsOf(name);
    const fresh = `${path}.new`;
    const file = await open(fresh, 'w');
    try {
      // Part by part: a write of many may end early, and what it left out would be missed only when it is needed.
      for (const part of parts) await file.writeFile(part);
      const checksum = Buffer.alloc(checksumBytes);
      checksum.writeUInt32LE(parts.reduce<number>((sum, part) => crc32(part, sum), 0));
      await file.writeFile(checksum);
    } finally {
      await file.close();
    }
    await rename(path, before).catch(unlessMissing);
    await rename(fresh, path);
    return true;
  }

  async load(name: string): Promise<Buffer | null> {
    let found: Buffer | null = null;
    for (const path of this.pathsOf(name)) {
      const bytes = await readFile(path).catch(unlessMissing);
      if (!bytes) continue;
      found = bytes.subarray(0, -checksumBytes);
      const isWhole = bytes.length >= checksumBytes && bytes.readUInt32LE(found.length) === crc32(found);
      if (isWhole) return found;
    }
    return found && Buffer.alloc(0);
  }

  async delete(name: string): Promise<void> {
    for (const path of this.pathsOf(name)) await rm(path, { force: true });
  }

  /** Of which there are snapshots. */
  async names(): Promise<string[]> {
    const files = (await readdir(this.folder).catch(unlessMissing)) ?? [];
    return files.flatMap((file) => (file.endsWith(suffix) ? [decodeURIComponent(file.slice(0, -suffix.length))] : []));
  }

  /** Of the newest snapshot, and of the one before it. */
  private pathsOf(name: string): [string, string] {
    const path = join(this.folder, `${encodeURIComponent(name)}${suffix}`);
    return [path, `${path}.before`];
  }
}

function unlessMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
