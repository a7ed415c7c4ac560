import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { Blocks } from './blocks.js';
import { aligned, Chunk } from './chunk.js';
import type { Frame } from './frame.js';

/**
 * One file of a journal. It begins with a header:
 *
 *   0  u32 magic and format version     8  u32 salt      16  u32 partitions
 *   4  u32 CRC of bytes 8 to the end   12  u32 bytes     20  u32 bytes of the topic's options
 *  24  f64 per partition: the offset that its first record here gets; then the options as JSON
 *
 * It keeps a copy of the topic's options, so that no single damaged file makes a topic unreadable.
 */
const magic = 0x01_53_52_57; // "WRS" 1
const fixedBytes = 24;

export class Segment {
  readonly path: string;
  readonly indexPath: string;
  /** Offset after the last record, per partition. */
  readonly next: Float64Array;
  /** Latest event time per partition; -Infinity: no record. */
  readonly timeMax: Float64Array;
  /** Durable bytes: the header and whole frames. */
  bytes = 0;
  /** When the first and the last group were recorded, ms; NaN: none yet. */
  recordedFirst = Number.NaN;
  recordedLast = Number.NaN;
  /** The index; undefined: sealed, and read from its file when needed. */
  blocks: Blocks | undefined;

  constructor(
    folder: string,
    readonly number: number,
    /** Marks the frames of this segment as its own. */
    public salt: number,
    readonly base: Float64Array,
  ) {
    const name = join(folder, String(number).padStart(10, '0'));
    this.path = `${name}.segment`;
    this.indexPath = `${name}.index`;
    this.next = base.slice();
    this.timeMax = new Float64Array(base.length).fill(Number.NEGATIVE_INFINITY);
  }

  static begin(folder: string, number: number, base: Float64Array): Segment {
    const segment = new Segment(folder, number, randomInt(1, 2 ** 31), base.slice());
    segment.blocks = new Blocks(base.length, segment.base);
    return segment;
  }

  /** Counts a durable frame in. */
  add(frame: Frame): void {
    this.blocks?.add(frame);
    this.bytes = frame.position + frame.bytes;
    this.next[frame.partition] = frame.end;
    if (frame.timeMax > this.timeMax[frame.partition]) this.timeMax[frame.partition] = frame.timeMax;
    if (Number.isNaN(this.recordedFirst)) this.recordedFirst = frame.recordedAt;
    this.recordedLast = frame.recordedAt;
  }

  header(options: string): Chunk {
    const text = Buffer.from(options);
    const textFrom = fixedBytes + this.base.length * 8;
    const chunk = Chunk.allocate(segmentHeaderBytes(this.base.length, options));
    chunk.bytes.fill(0);
    chunk.words[0] = magic;
    chunk.words[2] = this.salt;
    chunk.words[3] = chunk.bytes.length;
    chunk.words[4] = this.base.length;
    chunk.words[5] = text.length;
    chunk.doubles.set(this.base, fixedBytes / 8);
    text.copy(chunk.bytes, textFrom);
    chunk.words[1] = chunk.crc(8, chunk.bytes.length);
    return chunk;
  }
}

export interface SegmentHeader {
  salt: number;
  bytes: number;
  base: Float64Array;
  options: string;
}

export const segmentHeaderBytes = (partitions: number, options: string): number =>
  aligned(fixedBytes + partitions * 8 + Buffer.byteLength(options));

/** The number of the segment that a file belongs to: [] where it is no segment's, nor its index. */
export const segmentFileNumber = (name: string): number[] => {
  const match = /^(\d{10})\.(segment|index)$/.exec(name);
  return match ? [Number(match[1])] : [];
};

/** The header at the start of a segment's bytes; undefined where it is damaged or incomplete. */
export function readSegmentHeader(chunk: Chunk): SegmentHeader | undefined {
  const { words, doubles, bytes } = chunk;
  if (bytes.length < fixedBytes || words[0] !== magic) return undefined;
  const [length, partitions, textBytes] = [words[3], words[4], words[5]];
  if (length < fixedBytes || length > bytes.length) return undefined;
  if (words[1] >>> 0 !== chunk.crc(8, length)) return undefined;
  const textFrom = fixedBytes + partitions * 8;
  return {
    salt: words[2],
    bytes: length,
    base: doubles.slice(fixedBytes / 8, textFrom / 8),
    options: bytes.toString('utf8', textFrom, textFrom + textBytes),
  };
}
