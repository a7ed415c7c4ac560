import { CommandError } from '../errors.js';
import type { Season } from './years.js';

/** A run of whole lines (of whole mails in an mbox). */
export interface Chunk {
  bytes: Buffer;
  /** Where it begins and ends in the file, unpacked; bytes. */
  position: number;
  end: number;
  /** Number of its first line, from 1, and how many it has. */
  line: number;
  lines: number;
  /** Year of its first line, and the season after its last; only where lines have no year and a person gave one. */
  year?: number;
  season?: Season;
}

/** Where a buffer can be cut: the end of its last whole item, 0 when it holds none. */
export type Cut = (bytes: Buffer) => number;

export const afterLastLine: Cut = (bytes) => bytes.lastIndexOf(0x0a) + 1;

/** In an mbox a mail begins at `From ` after a blank line. */
export const beforeLastMail: Cut = (bytes) => {
  const unix = bytes.lastIndexOf('\n\nFrom ');
  const dos = bytes.lastIndexOf('\r\n\r\nFrom ');
  return Math.max(unix < 0 ? 0 : unix + 2, dos < 0 ? 0 : dos + 4);
};

export interface ChunkOptions {
  position: number;
  /** Lines before `position`. */
  lines: number;
  cut: Cut;
  /** Whether what follows the last cut is an item, too; if not, it waits for the file to grow. */
  toEnd: boolean;
}

const CHUNK_BYTES = 512 * 1024;
/** An item as long as this is no line of a log. */
const ITEM_BYTES_MAX = 64 * 1024 * 1024;

/** Cuts what `source` yields, from `position` of the file on, into chunks of about CHUNK_BYTES. */
export async function* chunksOf(source: AsyncIterable<Buffer>, options: ChunkOptions): AsyncGenerator<Chunk> {
  let { position, lines } = options;
  const chunk = (bytes: Buffer): Chunk => {
    const made = { bytes, position, end: position + bytes.length, line: lines + 1, lines: newlines(bytes) };
    position = made.end;
    lines += made.lines;
    return made;
  };
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for await (const piece of source) {
    pending.push(piece);
    pendingBytes += piece.length;
    if (pendingBytes < CHUNK_BYTES) continue;
    const whole = Buffer.concat(pending);
    const end = options.cut(whole);
    if (end > 0) yield chunk(whole.subarray(0, end));
    else if (whole.length > ITEM_BYTES_MAX) throw endless(lines + 1);
    pending = [whole.subarray(end)];
    pendingBytes = whole.length - end;
  }
  const rest = Buffer.concat(pending);
  const end = options.toEnd ? rest.length : options.cut(rest);
  if (end > 0) yield chunk(rest.subarray(0, end));
}

/** The chunk in two, about the middle; null where it is one item only. */
export function halvesOf(chunk: Chunk, cut: Cut): [Chunk, Chunk] | null {
  const { bytes, position, line, lines } = chunk;
  const at = cut(bytes.subarray(0, bytes.length >> 1)) || cut(bytes.subarray(0, bytes.length - 1));
  if (at === 0) return null;
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)];
  const before = newlines(head);
  const middle = position + at;
  return [
    { ...chunk, bytes: head, end: middle, lines: before },
    { ...chunk, bytes: tail, position: middle, line: line + before, lines: lines - before },
  ];
}

function endless(line: number): CommandError {
  const said = `Line ${line} is longer than ${ITEM_BYTES_MAX / 1024 / 1024} MiB: this is not the log that --as says.`;
  return new CommandError('FILE_UNREADABLE', said, { line });
}

function newlines(bytes: Buffer): number {
  let found = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) found++;
  return found;
}
