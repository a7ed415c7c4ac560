import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SnapshotStore } from './snapshot-store.js';

/**
 * Snapshots as files of a folder, which belongs to one process: written beside, synced, then renamed over the one before.
 * Nobody else saves there, so nothing is refused.
 */
export class FolderSnapshots implements SnapshotStore {
  constructor(private readonly folder: string) {}

  async save(name: string, _position: number, parts: readonly Uint8Array[]): Promise<boolean> {
    await mkdir(this.folder, { recursive: true });
    const fresh = `${this.pathOf(name)}.new`;
    const file = await open(fresh, 'w');
    try {
      // Part by part: a write of many may end early, and what it left out would be missed only when it is needed.
      for (const part of parts) await file.writeFile(part);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(fresh, this.pathOf(name));
    const folder = await open(this.folder);
    await folder.sync().finally(() => folder.close());
    return true;
  }

  async load(name: string): Promise<Buffer | null> {
    try {
      return await readFile(this.pathOf(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  async delete(name: string): Promise<void> {
    await rm(this.pathOf(name), { force: true });
  }

  private pathOf(name: string): string {
    return join(this.folder, `${encodeURIComponent(name)}.snapshot`);
  }
}
