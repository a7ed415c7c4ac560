import { RecordBatch } from '../batch.js';
import type { LogRecord } from '../log.js';

/**
 * Batches in one buffer, which crosses to another thread as it is. Of each, for n records: n offsets, event times and recorded
 * times (f64), n key starts and ends and value starts and ends (i32), then the bytes of keys and values; the next one
 * begins at a multiple of eight. Only what belongs to the records is copied: what a log has beside them in its memory stays.
 */
export interface PackedBatches {
  buffer: ArrayBuffer;
  batches: readonly PackedBatch[];
}

interface PackedBatch {
  topic: string;
  partition: number;
  count: number;
  bytes: number;
  nextOffset: number;
  atEnd: boolean;
}

/** Bytes of a record beside its own. */
const columnBytes = 3 * Float64Array.BYTES_PER_ELEMENT + 4 * Int32Array.BYTES_PER_ELEMENT;

const aligned = (bytes: number): number => (bytes + 7) & ~7;

/** `spare`: a buffer to use again, where it is large enough. */
export function packBatches(batches: readonly RecordBatch[], spare?: ArrayBuffer): PackedBatches {
  const packed = batches.map(({ topic, partition, count, nextOffset, atEnd, columns }): PackedBatch => {
    const { keyStart, keyEnd, valueStart, valueEnd } = columns;
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      if (keyStart[i] >= 0) bytes += keyEnd[i] - keyStart[i];
      bytes += valueEnd[i] - valueStart[i];
    }
    return { topic, partition, count, bytes, nextOffset, atEnd };
  });
  const size = packed.reduce((sum, batch) => sum + sizeOf(batch), 0);
  const buffer = spare !== undefined && spare.byteLength >= size ? spare : Buffer.allocUnsafeSlow(size).buffer;
  let at = 0;
  for (const [i, batch] of packed.entries()) {
    pack(batches[i], columnsAt(buffer, at, batch));
    at += sizeOf(batch);
  }
  return { buffer, batches: packed };
}

export function unpackBatches({ buffer, batches }: PackedBatches): RecordBatch[] {
  let at = 0;
  return batches.map((batch) => {
    const columns = columnsAt(buffer, at, batch);
    at += sizeOf(batch);
    const { topic, partition, nextOffset, atEnd } = batch;
    return new RecordBatch(topic, partition, { ...columns, nextOffset, atEnd });
  });
}

const sizeOf = ({ count, bytes }: PackedBatch): number => aligned(count * columnBytes + bytes);

function columnsAt(buffer: ArrayBuffer, at: number, { count, bytes }: PackedBatch) {
  const doubles = (index: number) => new Float64Array(buffer, at + index * count * 8, count);
  const words = (index: number) => new Int32Array(buffer, at + (6 + index) * count * 4, count);
  return {
    offsets: doubles(0),
    times: doubles(1),
    recordedAt: doubles(2),
    keyStart: words(0),
    keyEnd: words(1),
    valueStart: words(2),
    valueEnd: words(3),
    bytes: Buffer.from(buffer, at + count * columnBytes, bytes),
  };
}

function pack({ columns, count }: RecordBatch, into: ReturnType<typeof columnsAt>): void {
  into.offsets.set(columns.offsets);
  into.times.set(columns.times);
  into.recordedAt.set(columns.recordedAt);
  const { bytes, keyStart, keyEnd, valueStart, valueEnd } = columns;
  // What lies together is copied together.
  let from = 0;
  let to = 0;
  let at = 0;
  const place = (start: number, end: number): number => {
    if (start !== to) {
      bytes.copy(into.bytes, at, from, to);
      at += to - from;
      from = start;
    }
    to = end;
    return at + start - from;
  };
  for (let i = 0; i < count; i++) {
    const hasKey = keyStart[i] >= 0;
    const key = hasKey ? place(keyStart[i], keyEnd[i]) : -1;
    into.keyStart[i] = key;
    into.keyEnd[i] = hasKey ? key + keyEnd[i] - keyStart[i] : -1;
    const value = place(valueStart[i], valueEnd[i]);
    into.valueStart[i] = value;
    into.valueEnd[i] = value + valueEnd[i] - valueStart[i];
  }
  bytes.copy(into.bytes, at, from, to);
}

/** Records to append, in one buffer: n event times and partitions (f64, NaN: none), n key lengths (-1: no key) and value lengths (i32), then keys and values. */
export interface PackedRecords {
  buffer: ArrayBuffer;
  count: number;
}

const headBytes = 2 * Float64Array.BYTES_PER_ELEMENT + 2 * Int32Array.BYTES_PER_ELEMENT;

export function packRecords(records: readonly LogRecord[]): PackedRecords {
  const count = records.length;
  let bytes = 0;
  for (const { key, value } of records) bytes += (key?.length ?? 0) + value.length;
  const { buffer } = Buffer.allocUnsafeSlow(count * headBytes + bytes);
  const { times, partitions, keys, values, rest } = recordColumns({ buffer, count });
  let at = 0;
  for (const [i, { partition, key, time, value }] of records.entries()) {
    times[i] = time;
    partitions[i] = partition ?? Number.NaN;
    keys[i] = key ? key.length : -1;
    values[i] = value.length;
    if (key) rest.set(key, at);
    at += key?.length ?? 0;
    rest.set(value, at);
    at += value.length;
  }
  return { buffer, count };
}

export function unpackRecords(packed: PackedRecords): LogRecord[] {
  const { times, partitions, keys, values, rest } = recordColumns(packed);
  let at = 0;
  const next = (length: number): Buffer => rest.subarray(at, (at += length));
  return Array.from({ length: packed.count }, (_, i) => ({
    partition: Number.isNaN(partitions[i]) ? undefined : partitions[i],
    key: keys[i] < 0 ? null : next(keys[i]),
    time: times[i],
    value: next(values[i]),
  }));
}

function recordColumns({ buffer, count }: PackedRecords) {
  return {
    times: new Float64Array(buffer, 0, count),
    partitions: new Float64Array(buffer, count * 8, count),
    keys: new Int32Array(buffer, count * 16, count),
    values: new Int32Array(buffer, count * 20, count),
    rest: Buffer.from(buffer, count * headBytes),
  };
}
