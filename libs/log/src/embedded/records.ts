import { RecordBatch, type RecordColumns } from '../batch.js';
import type { LogRecord } from '../log.js';
import type { Chunk } from './chunk.js';
import type { Frame } from './frame.js';

/**
 * The records of a frame: a table, then the bytes. For n records: n event times (f64), n key lengths (i32, -1: no
 * key), n value lengths (i32); then key and value of each record in turn.
 */
export const recordTableBytes = 16;

export const keyBytes = (record: LogRecord): number => record.key?.length ?? 0;

/** Bytes that a record takes inside a frame. */
export const recordBytes = (record: LogRecord): number => recordTableBytes + keyBytes(record) + record.value.length;

/** Writes the records at `at`; returns their latest event time. */
export function writeRecords(
  chunk: Chunk,
  at: number,
  records: readonly LogRecord[],
  from: number,
  to: number,
): number {
  const count = to - from;
  const { bytes, words, doubles } = chunk;
  const times = at >> 3;
  const keys = (at >> 2) + count * 2;
  const values = keys + count;
  let position = at + count * recordTableBytes;
  let timeMax = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) {
    const { key, value, time } = records[from + i];
    doubles[times + i] = time;
    if (time > timeMax) timeMax = time;
    words[keys + i] = -1;
    if (key) {
      words[keys + i] = key.length;
      bytes.set(key, position);
      position += key.length;
    }
    words[values + i] = value.length;
    bytes.set(value, position);
    position += value.length;
  }
  return timeMax;
}

/** Records `from` up to `to` (by index) of a frame. */
export interface Piece {
  frame: Frame;
  from: number;
  to: number;
}

/** One batch of the pieces, which follow each other. Copies only where they do not lie in one chunk. */
export function batchOf(
  { topic, partition, nextOffset, atEnd }: { topic: string; partition: number; nextOffset: number; atEnd: boolean },
  pieces: readonly Piece[],
): RecordBatch {
  const decoded = pieces.map((piece) => piece.frame.payload());
  let count = 0;
  for (const piece of pieces) count += piece.to - piece.from;
  const columns: RecordColumns = {
    bytes: bytesOf(pieces, decoded),
    offsets: new Float64Array(count),
    times: new Float64Array(count),
    recordedAt: new Float64Array(count),
    keyStart: new Int32Array(count),
    keyEnd: new Int32Array(count),
    valueStart: new Int32Array(count),
    valueEnd: new Int32Array(count),
    nextOffset,
    atEnd,
  };
  const copied = decoded.length > 0 && columns.bytes !== decoded[0].chunk.bytes;
  let row = 0;
  let copiedTo = 0;
  for (let i = 0; i < pieces.length; i++) {
    const { chunk, at } = decoded[i];
    let shift = 0;
    if (copied) {
      const start = at + pieces[i].frame.count * recordTableBytes;
      const end = at + pieces[i].frame.decodedBytes;
      chunk.bytes.copy(columns.bytes, copiedTo, start, end);
      shift = copiedTo - start;
      copiedTo += end - start;
    }
    row = fillRows(columns, row, pieces[i], chunk, at, shift);
  }
  return new RecordBatch(topic, partition, columns);
}

function bytesOf(pieces: readonly Piece[], decoded: readonly { chunk: Chunk }[]): Buffer {
  if (pieces.length === 0) return Buffer.alloc(0);
  if (decoded.every((part) => part.chunk === decoded[0].chunk)) return decoded[0].chunk.bytes;
  let total = 0;
  for (const { frame } of pieces) total += frame.decodedBytes - frame.count * recordTableBytes;
  return Buffer.allocUnsafeSlow(total);
}

/** Fills the columns from `row` on; `shift` leads from positions in the chunk to positions in the batch's bytes. */
function fillRows(into: RecordColumns, row: number, piece: Piece, chunk: Chunk, at: number, shift: number): number {
  const { frame, from, to } = piece;
  const { words, doubles } = chunk;
  const times = at >> 3;
  const keys = (at >> 2) + frame.count * 2;
  const values = keys + frame.count;
  const { base, recordedAt } = frame;
  let position = at + frame.count * recordTableBytes + shift;
  for (let i = 0; i < from; i++) position += Math.max(words[keys + i], 0) + words[values + i];
  for (let i = from; i < to; i++, row++) {
    into.offsets[row] = base + i;
    into.times[row] = doubles[times + i];
    into.recordedAt[row] = recordedAt;
    const keyLength = words[keys + i];
    if (keyLength < 0) {
      into.keyStart[row] = into.keyEnd[row] = -1;
    } else {
      into.keyStart[row] = position;
      position += keyLength;
      into.keyEnd[row] = position;
    }
    into.valueStart[row] = position;
    position += words[values + i];
    into.valueEnd[row] = position;
  }
  return row;
}

/** Index of the first record of the frame whose event time is at or after `time`, or -1. */
export function firstAtOrAfter(frame: Frame, time: number): number {
  const { chunk, at } = frame.payload();
  const times = chunk.doubles.subarray(at >> 3, (at >> 3) + frame.count);
  return times.findIndex((each) => each >= time);
}
