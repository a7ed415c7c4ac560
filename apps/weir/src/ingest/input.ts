import { type FileHandle, open } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CommandError } from '../errors.js';
import { type FileLook, PREFIX_BYTES_MAX } from './bookmarks.js';

const READ_BYTES = 256 * 1024;

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
    try {
      if (this.packed) yield* skipping(unpacked(this.raw(0)), position);
      else yield* this.raw(position);
    } catch (cause) {
      throw unreadable(this.name, cause);
    }
  }

  /** What is on disk. Read by position: a stream of the handle would close it when a reader stops early. */
  private async *raw(position: number): AsyncGenerator<Buffer> {
    for (let at = position; ; ) {
      const { buffer, bytesRead } = await this.handle.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      this.readBytes = at;
      yield buffer.subarray(0, bytesRead);
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

/** The callback is there since pipeline asks for one: whoever reads gets the error. */
const unpacked = (packed: AsyncIterable<Buffer>): AsyncIterable<Buffer> =>
  pipeline(Readable.from(packed), createGunzip(), () => {});

async function* skipping(source: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const piece of source) {
    if (left < piece.length) yield piece.subarray(left);
    left = Math.max(0, left - piece.length);
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
