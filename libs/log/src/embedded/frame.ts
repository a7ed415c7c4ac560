import { zstdDecompressSync } from 'node:zlib';
import { aligned, Chunk } from './chunk.js';

/**
 * A frame: records of one partition that were written together.
 *
 *   0  u32 magic and format version      32 u32 records
 *   4  u32 checksum of bytes 8 to 63     36 u16 partition
 *   8  u32 salt of the segment           38 u16 codec: 0 none, 1 zstd
 *  12  u32 position in the segment       40 f64 offset of the first record
 *  16  u32 position of its group         48 f64 when the log recorded it, ms
 *  20  u32 payload bytes as stored       56 f64 latest event time, ms
 *  24  u32 payload bytes decoded         64 payload, padded to a multiple of 8
 *  28  u32 CRC of the payload as stored
 *
 * Header and payload have a checksum each, so that an index can be built from headers alone. Salt and position keep bytes
 * inside a record from passing for a frame when a reader looks for the next one behind damage. A group is what one
 * write put down: it begins only after the group before it is durable, so only the last one can be torn.
 */
export const frameHeaderBytes = 64;
const magic = 0x01_46_52_57; // "WRF" 1
const headerWords = frameHeaderBytes / 4;

export const codecs = { none: 0, zstd: 1 } as const;
export type Codec = (typeof codecs)[keyof typeof codecs];

export interface FrameFields {
  salt: number;
  position: number;
  group: number;
  partition: number;
  codec: Codec;
  base: number;
  count: number;
  recordedAt: number;
  timeMax: number;
  storedBytes: number;
  decodedBytes: number;
}

/** Writes the header of the frame at `at`; its payload must already lie behind it. */
export function writeFrameHeader(chunk: Chunk, at: number, fields: FrameFields): void {
  const { words, doubles } = chunk;
  const word = at >> 2;
  words[word] = magic;
  words[word + 2] = fields.salt;
  words[word + 3] = fields.position;
  words[word + 4] = fields.group;
  words[word + 5] = fields.storedBytes;
  words[word + 6] = fields.decodedBytes;
  words[word + 7] = chunk.crc(at + frameHeaderBytes, at + frameHeaderBytes + fields.storedBytes);
  words[word + 8] = fields.count;
  words[word + 9] = fields.partition | (fields.codec << 16);
  doubles[(at >> 3) + 5] = fields.base;
  doubles[(at >> 3) + 6] = fields.recordedAt;
  doubles[(at >> 3) + 7] = fields.timeMax;
  words[word + 1] = headerChecksum(words, word);
}

/**
 * A 32-bit mix of the header's words (the steps of MurmurHash3): each step is a bijection, so a change within one word
 * never goes unseen. For so few bytes it costs a tenth of a call to zlib's CRC, and readers check very many headers.
 */
function headerChecksum(words: Int32Array, word: number): number {
  let sum = magic;
  for (let i = word + 2; i < word + headerWords; i++) {
    let k = Math.imul(words[i], 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    sum ^= Math.imul(k, 0x1b873593);
    sum = (sum << 13) | (sum >>> 19);
    sum = (Math.imul(sum, 5) + 0xe6546b64) | 0;
  }
  return sum;
}

export const frameBytes = (storedBytes: number): number => frameHeaderBytes + aligned(storedBytes);

/** A frame in memory: where its bytes lie, and the header fields that lookups need. */
export class Frame {
  readonly partition: number;
  /** Offset of the first record. */
  readonly base: number;
  readonly count: number;

  constructor(
    readonly chunk: Chunk,
    /** Where the header begins in the chunk. */
    readonly at: number,
    /** Whether the payload is what was written; undefined: not checked yet. */
    private checked?: boolean,
  ) {
    const word = at >> 2;
    this.partition = chunk.words[word + 9] & 0xffff;
    this.base = chunk.doubles[(at >> 3) + 5];
    this.count = chunk.words[word + 8];
  }

  /** One past the offset of the last record. */
  get end(): number {
    return this.base + this.count;
  }
  /** Bytes from the start of the segment. */
  get position(): number {
    return this.chunk.words[(this.at >> 2) + 3];
  }
  get group(): number {
    return this.chunk.words[(this.at >> 2) + 4];
  }
  get recordedAt(): number {
    return this.chunk.doubles[(this.at >> 3) + 6];
  }
  get timeMax(): number {
    return this.chunk.doubles[(this.at >> 3) + 7];
  }
  get storedBytes(): number {
    return this.chunk.words[(this.at >> 2) + 5];
  }
  get decodedBytes(): number {
    return this.chunk.words[(this.at >> 2) + 6];
  }
  /** Header, payload and padding. */
  get bytes(): number {
    return frameBytes(this.storedBytes);
  }

  /** Whether the payload is what was written. Checked once. */
  get sound(): boolean {
    this.checked ??= this.#check();
    return this.checked;
  }

  #check(): boolean {
    const from = this.at + frameHeaderBytes;
    const to = from + this.storedBytes;
    if (to > this.chunk.bytes.length) return false;
    return this.chunk.words[(this.at >> 2) + 7] >>> 0 === this.chunk.crc(from, to);
  }

  /** The records, decoded: where they begin, in which chunk. */
  payload(): { chunk: Chunk; at: number } {
    const from = this.at + frameHeaderBytes;
    if (this.chunk.words[(this.at >> 2) + 9] >>> 16 === codecs.none) return { chunk: this.chunk, at: from };
    const stored = this.chunk.bytes.subarray(from, from + this.storedBytes);
    return { chunk: Chunk.of(zstdDecompressSync(stored, { maxOutputLength: this.decodedBytes })), at: 0 };
  }
}

/** The frame whose header begins at `at` and belongs at `position`, or undefined where there is none. */
export function frameAt(chunk: Chunk, at: number, position: number, salt: number): Frame | undefined {
  const { words } = chunk;
  const word = at >> 2;
  if (word + headerWords > words.length || words[word] !== magic) return undefined;
  if (words[word + 2] !== salt || words[word + 3] !== position) return undefined;
  if (words[word + 1] !== headerChecksum(words, word)) return undefined;
  return new Frame(chunk, at);
}

/** The salt in the header at `at`, believed only where `frameAt` then finds a frame. */
export const frameSalt = (chunk: Chunk, at: number): number => chunk.words[(at >> 2) + 2];

/**
 * Walks the headers in a chunk that begins at `position` of its segment. Where there is no frame it looks for the
 * next one and tells what lies between. Returns the position behind the last frame or behind the bytes given up;
 * the payload of the last frame may reach beyond the chunk.
 */
export function walkFrames(
  chunk: Chunk,
  position: number,
  salt: number,
  visit: { frame(frame: Frame): void; damage(position: number, end: number): void },
): number {
  const bytes = chunk.bytes.length;
  let at = 0;
  while (at + frameHeaderBytes <= bytes) {
    const frame = frameAt(chunk, at, position + at, salt);
    if (frame) {
      visit.frame(frame);
      at += frame.bytes;
      continue;
    }
    const from = at;
    do at += 8;
    while (at + frameHeaderBytes <= bytes && !frameAt(chunk, at, position + at, salt));
    visit.damage(position + from, position + at);
  }
  return position + at;
}
