import { crc32 } from 'node:zlib';

/**
 * Bytes with aligned views on them, so that headers and tables are read and written as numbers, without a DataView.
 * Everything stored is laid out for that: numbers little-endian, on multiples of their size.
 */
export class Chunk {
  readonly words: Int32Array;
  readonly doubles: Float64Array;

  private constructor(readonly bytes: Buffer) {
    this.words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    this.doubles = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length >> 3);
  }

  /** Uninitialised. */
  static allocate(bytes: number): Chunk {
    return new Chunk(Buffer.allocUnsafeSlow(bytes));
  }

  /** Takes the bytes as they are where they lie aligned, else a copy. */
  static of(bytes: Buffer): Chunk {
    if (bytes.byteOffset % 8 === 0) return new Chunk(bytes);
    const chunk = Chunk.allocate(bytes.length);
    bytes.copy(chunk.bytes);
    return chunk;
  }

  crc(from: number, to: number): number {
    return crc32(this.bytes.subarray(from, to));
  }
}

/** Stored things begin on multiples of eight. */
export const aligned = (bytes: number): number => (bytes + 7) & ~7;
