import fs from 'node:fs';
import { dirname } from 'node:path';

/** The few things the engine does to a data file. Positions and lengths in bytes. */
export interface DataFile {
  readonly path: string;
  /** Fills `target` from `position`; returns the bytes read, fewer only at the end of the file. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Writes all of `source`. */
  write(source: Uint8Array, position: number): Promise<void>;
  /** Returns when what was written is on the disk. */
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** `read` and `write` need the file to exist; `create` makes it or empties it. */
export type OpenFile = (path: string, mode: 'read' | 'write' | 'create') => Promise<DataFile>;

const flags = { read: 'r', write: 'r+', create: 'w+' } as const;

export const openDataFile: OpenFile = (path, mode) =>
  new Promise((resolve, reject) => {
    fs.open(path, flags[mode], 0o640, (error, fd) => (error ? reject(error) : resolve(new DescriptorFile(path, fd))));
  });

/** Plain descriptors and callbacks: an append is two calls to the disk, and a FileHandle would add to both. */
class DescriptorFile implements DataFile {
  constructor(
    readonly path: string,
    private readonly fd: number,
  ) {}

  async read(target: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < target.length) {
      const count = await this.#readSome(target, done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  async write(source: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < source.length) done += await this.#writeSome(source, done, position + done);
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => fs.fdatasync(this.fd, settle(resolve, reject)));
  }

  truncate(bytes: number): Promise<void> {
    return new Promise((resolve, reject) => fs.ftruncate(this.fd, bytes, settle(resolve, reject)));
  }

  size(): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.fstat(this.fd, (error, stat) => (error ? reject(error) : resolve(stat.size)));
    });
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => fs.close(this.fd, settle(resolve, reject)));
  }

  #readSome(target: Uint8Array, from: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.fd, target, from, target.length - from, position, (error, count) =>
        error ? reject(error) : resolve(count),
      );
    });
  }

  #writeSome(source: Uint8Array, from: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.write(this.fd, source, from, source.length - from, position, (error, count) =>
        error ? reject(error) : resolve(count),
      );
    });
  }
}

function settle(resolve: () => void, reject: (error: Error) => void) {
  return (error: Error | null) => (error ? reject(error) : resolve());
}

/** Replaces a small file so that a crash leaves the old one or the new one, whole. */
export async function replaceFile(openFile: OpenFile, path: string, content: Uint8Array): Promise<void> {
  const draft = `${path}.draft`;
  const file = await openFile(draft, 'create');
  try {
    await file.write(content, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await fs.promises.rename(draft, path);
  await syncFolder(dirname(path));
}

/** Makes names made or renamed in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await fs.promises.open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException)?.code === 'ENOENT';
