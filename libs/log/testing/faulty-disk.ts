import { type DataFile, type OpenFile, openDataFile } from '../src/embedded/files.js';

/** Real files on a disk that fails when it is told to. */
export class FaultyDisk {
  /** Bytes that may still be written; then writes fail as on a full disk, after what still fits. */
  roomBytes = Number.POSITIVE_INFINITY;
  /** How many of the next syncs fail, with an error as of a broken disk. */
  failingSyncs = 0;
  /** Syncs wait while this is pending. */
  syncGate: Promise<void> = Promise.resolve();
  /** Index files wait while this is pending. */
  indexGate: Promise<void> = Promise.resolve();
  /** Index files can't be written, as on a broken disk. */
  failingIndexes = false;
  opened = 0;
  syncs = 0;

  readonly open: OpenFile = async (path, mode) => {
    this.opened++;
    if (path.endsWith('.index.draft')) {
      await this.indexGate;
      if (this.failingIndexes) throw brokenDisk();
    }
    return new FaultyFile(this, await openDataFile(path, mode));
  };
}

class FaultyFile implements DataFile {
  constructor(
    private readonly disk: FaultyDisk,
    private readonly file: DataFile,
  ) {}

  get path(): string {
    return this.file.path;
  }

  async write(source: Uint8Array, position: number): Promise<void> {
    const fits = Math.min(source.length, this.disk.roomBytes);
    this.disk.roomBytes -= fits;
    await this.file.write(source.subarray(0, fits), position);
    if (fits < source.length) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  }

  async sync(): Promise<void> {
    this.disk.syncs++;
    await this.disk.syncGate;
    if (this.disk.failingSyncs > 0) {
      this.disk.failingSyncs--;
      throw brokenDisk();
    }
    await this.file.sync();
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return this.file.read(target, position);
  }
  truncate(bytes: number): Promise<void> {
    return this.file.truncate(bytes);
  }
  size(): Promise<number> {
    return this.file.size();
  }
  close(): Promise<void> {
    return this.file.close();
  }
}

const brokenDisk = (): Error => Object.assign(new Error('i/o error'), { code: 'EIO' });
