import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CommandError } from '../errors.js';
import { type FileLook, PREFIX_BYTES_MAX } from './bookmarks.js';

/** One opened file. `.gz` files are unpacked on the way: positions count unpacked bytes. */
export class InputFile {
  private readBytes = 0;

  private constructor(
    readonly name: string,
    private readonly handle: FileHandle,
    private readonly packed: boolean,
  ) {}

  static async open(name: string): Promise<InputFile> {
    try {
      const handle = await open(name);
      if (!(await handle.stat()).isFile()) throw Object.assign(new TypeError(), { code: 'no file' });
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
      return new InputFile(name, handle, bytesRead === 2 && buffer.readUInt16BE() === 0x1f8b);
    } catch (cause) {
      throw unreadable(name, cause);
    }
  }

  /** What tells this file from others. */
  async look(): Promise<FileLook> {
    const { dev, ino } = await this.handle.stat();
    const pieces: Buffer[] = [];
    let bytes = 0;
    for await (const piece of this.from(0)) {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= PREFIX_BYTES_MAX) break;
    }
    this.readBytes = 0;
    return { head: Buffer.concat(pieces).subarray(0, PREFIX_BYTES_MAX), inode: `${dev}:${ino}` };
  }

  /** Its bytes from `position` to what is its end now. */
  async *from(position: number): AsyncGenerator<Buffer> {
    const start = this.packed ? 0 : position;
    const file = this.handle.createReadStream({ start, autoClose: false, highWaterMark: 256 * 1024 });
    const source: Readable = this.packed ? file.pipe(createGunzip()) : file;
    if (this.packed) file.on('error', (error) => source.destroy(error));
    let skip = this.packed ? position : 0;
    try {
      for await (const piece of source as AsyncIterable<Buffer>) {
        this.readBytes = start + file.bytesRead;
        if (skip < piece.length) yield piece.subarray(skip);
        skip = Math.max(0, skip - piece.length);
      }
    } catch (cause) {
      throw unreadable(this.name, cause);
    } finally {
      file.destroy();
    }
  }

  /** Its size on disk, and how much of that was read: for progress. */
  async progress(): Promise<{ read: number; of: number }> {
    return { read: this.readBytes, of: (await this.handle.stat()).size };
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

function unreadable(name: string, cause: unknown): CommandError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'you may not read it',
    Z_BUF_ERROR: 'its gzip data ends too early',
    Z_DATA_ERROR: 'its gzip data is damaged',
    'no file': 'it is not a file',
  };
  const said = `${name} can't be read: ${reasons[code ?? ''] ?? message}.`;
  return new CommandError('FILE_UNREADABLE', said, { file: name, code }, { cause });
}
