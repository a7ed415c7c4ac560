import { zstdDecompressSync } from 'node:zlib';
import { compressionsAlgorithmsByBitmask, crc32c } from '@platformatic/kafka';
import { RecordBatch, type RecordColumns } from '../batch.js';
import { LogError } from '../errors.js';
import { batchFrom } from './join-batches.js';
import { batchHeaderBytes, batchPrefixBytes, timeHeader } from './record-writer.js';

/** What a fetch brought of one partition. */
export interface FetchedPartition {
  topic: string;
  partition: number;
  /** The offset that was asked for. */
  from: number;
  /** First offset that is not readable yet. */
  end: number;
  /** Whole batches as they are stored; the last may be cut short. */
  bytes: Buffer;
  /** Compaction makes gaps in offsets; without it a gap is a loss. */
  compacted: boolean;
}

/** Records of one stored batch, decompressed. */
interface Part {
  bytes: Buffer;
  /** Where the first record begins. */
  at: number;
  count: number;
  baseOffset: number;
  baseMs: number;
  /** The brokers' time of append, where the topic is set to that; it holds for all records of the batch. */
  appendedMs: number | undefined;
}

const compressionBits = 0b111;
const appendTimeBit = 0b1000;
const controlBit = 0b100000;

/** Bytes that the first stored batch needs, where less than that came; 0 where it came whole, or nothing came. */
export function bytesNeeded({ bytes }: FetchedPartition): number {
  if (bytes.length === 0) return 0;
  const needed = bytes.length < batchPrefixBytes ? batchPrefixBytes : batchPrefixBytes + bytes.readInt32BE(8);
  return needed > bytes.length ? Math.max(needed, batchHeaderBytes) : 0;
}

/** Limits of one batch for a reader; `bytesMax` counts decompressed bytes. */
export interface ReadLimits {
  bytesMax: number;
  recordsMax: number;
}

/**
 * The records from the offset asked for on, at least one stored batch of them; and the stored batches that are not in
 * it, or not wholly. Control records (ends of foreign transactions) are left out. Throws LOG_CORRUPT {nextReadable}
 * where the first batch does not match its checksum or follows a gap; what lies before damage is given first.
 */
export function readFetched(
  fetched: FetchedPartition,
  topic: string,
  { bytesMax, recordsMax }: ReadLimits,
): { batch: RecordBatch; rest: Buffer } {
  const { partition, bytes, from, end } = fetched;
  const parts: Part[] = [];
  let total = 0;
  let decoded = 0;
  let next = from;
  let at = 0;
  let lastAt = 0;
  while (at + batchHeaderBytes <= bytes.length && total < recordsMax) {
    const length = batchPrefixBytes + Math.max(bytes.readInt32BE(at + 8), batchHeaderBytes - batchPrefixBytes);
    if (at + length > bytes.length) break;
    const stored = bytes.subarray(at, at + length);
    const baseOffset = Number(stored.readBigInt64BE(0));
    const after = baseOffset + stored.readInt32BE(23) + 1;
    if (after > next) {
      const problem = problemOf(stored, baseOffset, after, next, fetched, topic);
      if (problem && parts.length > 0) break;
      if (problem) throw problem;
      if ((stored.readInt16BE(21) & controlBit) === 0) {
        const part = partOf(stored, baseOffset);
        if (parts.length > 0 && decoded + part.bytes.length > bytesMax) break;
        parts.push(part);
        total += part.count - Math.max(next - baseOffset, 0);
        decoded += part.bytes.length;
      }
      next = after;
    }
    lastAt = at;
    at += stored.length;
  }
  const all = trim(columnsOf(parts, next, end), topic, partition, from);
  if (all.count <= recordsMax) return { batch: all, rest: bytes.subarray(at) };
  return { batch: all.head(recordsMax), rest: bytes.subarray(lastAt) };
}

function problemOf(
  batch: Buffer,
  baseOffset: number,
  after: number,
  next: number,
  { partition, compacted }: FetchedPartition,
  topic: string,
): LogError | undefined {
  const facts = { topic, partition, wanted: next };
  if (!compacted && baseOffset > next) {
    const message = `Offsets ${next} to ${baseOffset - 1} of ${topic}/${partition} are missing. Look into the brokers, or read on from ${baseOffset}.`;
    return new LogError('LOG_CORRUPT', message, { ...facts, nextReadable: baseOffset });
  }
  if (batch[16] !== 2 || crc32c(batch.subarray(21)) !== batch.readUInt32BE(17)) {
    const message = `The batch at offset ${baseOffset} of ${topic}/${partition} does not match its checksum. Read on from ${after}.`;
    return new LogError('LOG_CORRUPT', message, { ...facts, nextReadable: after });
  }
  return undefined;
}

const zstdBits = 4;
/** Most batches fit one piece of this size: nothing to put together. Small ones get the usual pieces. */
const zstdPieceBytes = 64 * 1024;
const zstdSmallBytes = 512;

function decompress(records: Buffer, codec: number): Buffer {
  if (codec !== zstdBits || records.length < zstdSmallBytes) {
    return compressionsAlgorithmsByBitmask[codec].decompressSync(records) as Buffer;
  }
  return zstdDecompressSync(records, { chunkSize: zstdPieceBytes });
}

function partOf(batch: Buffer, baseOffset: number): Part {
  const attributes = batch.readInt16BE(21);
  const codec = attributes & compressionBits;
  const compressed = codec !== 0;
  return {
    bytes: compressed ? decompress(batch.subarray(batchHeaderBytes), codec) : batch,
    at: compressed ? 0 : batchHeaderBytes,
    count: batch.readInt32BE(57),
    baseOffset,
    baseMs: Number(batch.readBigInt64BE(27)),
    appendedMs: attributes & appendTimeBit ? Number(batch.readBigInt64BE(35)) : undefined,
  };
}

function columnsOf(parts: readonly Part[], nextOffset: number, end: number): RecordColumns {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const columns: RecordColumns = {
    bytes: parts.length === 1 ? parts[0].bytes : Buffer.concat(parts.map((part) => part.bytes)),
    offsets: new Float64Array(count),
    times: new Float64Array(count),
    recordedAt: new Float64Array(count),
    keyStart: new Int32Array(count),
    keyEnd: new Int32Array(count),
    valueStart: new Int32Array(count),
    valueEnd: new Int32Array(count),
    nextOffset,
    atEnd: nextOffset >= end,
  };
  let row = 0;
  let base = 0;
  for (const part of parts) {
    fillRows(columns, row, part, base);
    row += part.count;
    base += part.bytes.length;
  }
  return columns;
}

/** Where `readVarint` goes on. */
let at = 0;

/** Fills the columns from `row` on; the bytes of the part begin at `base` in the bytes of the batch. */
function fillRows(into: RecordColumns, row: number, part: Part, base: number): void {
  const { bytes, keyStart, keyEnd, valueStart, valueEnd } = into;
  at = base + part.at;
  for (const end = row + part.count; row < end; row++) {
    const length = readVarint(bytes);
    const recordEnd = at + length;
    at++;
    const recordedAt = part.appendedMs ?? part.baseMs + readVarint(bytes);
    if (part.appendedMs !== undefined) readVarint(bytes);
    into.offsets[row] = part.baseOffset + readVarint(bytes);
    const keyLength = readVarint(bytes);
    keyStart[row] = keyLength < 0 ? -1 : at;
    keyEnd[row] = keyLength < 0 ? -1 : (at += keyLength);
    const valueLength = readVarint(bytes);
    valueStart[row] = at;
    // A tombstone has no value: here it is an empty one.
    valueEnd[row] = valueLength < 0 ? at : (at += valueLength);
    into.recordedAt[row] = recordedAt;
    into.times[row] = readTime(bytes) ?? recordedAt;
    at = recordEnd;
  }
}

/** The event time among the headers of a record, if there. */
function readTime(bytes: Buffer): number | undefined {
  for (let headers = readVarint(bytes); headers > 0; headers--) {
    const nameLength = readVarint(bytes);
    const nameAt = at;
    at += nameLength;
    const valueLength = readVarint(bytes);
    const valueAt = at;
    at += Math.max(valueLength, 0);
    if (valueLength < 1 || nameLength !== timeHeader.length) continue;
    if (isTimeHeader(bytes, nameAt)) return readDecimal(bytes, valueAt, at);
  }
  return undefined;
}

/** For every record: byte by byte, which takes a tenth of `Buffer.compare`. */
function isTimeHeader(bytes: Buffer, nameAt: number): boolean {
  for (let i = 0; i < timeHeader.length; i++) if (bytes[nameAt + i] !== timeHeader[i]) return false;
  return true;
}

/** Digits that small integers hold. */
const shortDigits = 9;

function readDecimal(bytes: Buffer, from: number, to: number): number | undefined {
  const split = Math.max(from, to - shortDigits);
  const high = split - from <= shortDigits ? readDigits(bytes, from, split) : -1;
  const low = readDigits(bytes, split, to);
  if (high >= 0 && low >= 0) return high * 10 ** shortDigits + low;
  const parsed = Number(bytes.toString('latin1', from, to));
  return Number.isFinite(parsed) ? parsed : undefined;
}

/** At most `shortDigits` of them; -1 where something else is among them. */
function readDigits(bytes: Buffer, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = bytes[i] - 48;
    if (digit < 0 || digit > 9) return -1;
    value = (value * 10 + digit) | 0;
  }
  return value;
}

/** A zigzag number; up to 53 bits, which is more than time or length ever takes. */
function readVarint(bytes: Buffer): number {
  let byte = bytes[at++];
  if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
  let low = byte & 0x7f;
  let shift = 7;
  do {
    byte = bytes[at++];
    low |= (byte & 0x7f) << shift;
    shift += 7;
  } while (byte >= 0x80 && shift < 28);
  if (byte < 0x80) return (low >>> 1) ^ -(low & 1);
  let value = low;
  let scale = 2 ** 28;
  do {
    byte = bytes[at++];
    value += (byte & 0x7f) * scale;
    scale *= 128;
  } while (byte >= 0x80);
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** Leaves out what lies before the offset asked for. */
function trim(columns: RecordColumns, topic: string, partition: number, from: number): RecordBatch {
  const batch = new RecordBatch(topic, partition, columns);
  return batch.count > 0 && batch.offset(0) < from ? batchFrom(batch, from) : batch;
}
