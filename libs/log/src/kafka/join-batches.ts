import { RecordBatch, type RecordColumns } from '../batch.js';

/** The records from `offset` on: a view, not a copy. */
export function batchFrom(batch: RecordBatch, offset: number): RecordBatch {
  const { columns } = batch;
  const found = columns.offsets.findIndex((each) => each >= offset);
  const skip = found < 0 ? batch.count : found;
  return new RecordBatch(batch.topic, batch.partition, {
    ...columns,
    offsets: columns.offsets.subarray(skip),
    times: columns.times.subarray(skip),
    recordedAt: columns.recordedAt.subarray(skip),
    keyStart: columns.keyStart.subarray(skip),
    keyEnd: columns.keyEnd.subarray(skip),
    valueStart: columns.valueStart.subarray(skip),
    valueEnd: columns.valueEnd.subarray(skip),
  });
}

/** The same records, at the end of their partition or not. */
export function withEnd(batch: RecordBatch, atEnd: boolean): RecordBatch {
  return new RecordBatch(batch.topic, batch.partition, { ...batch.columns, atEnd });
}

/** Where the records begin in the bytes of the batch; it has some. */
const startOf = ({ keyStart, valueStart }: RecordColumns): number => (keyStart[0] < 0 ? valueStart[0] : keyStart[0]);

/** Bytes that its records take. */
export function bytesOf({ count, columns }: RecordBatch): number {
  return columns.valueEnd[count - 1] - startOf(columns);
}

/** Two batches of a partition, the one behind the other, as one. */
export function joinBatches(first: RecordBatch, second: RecordBatch): RecordBatch {
  const [a, b] = [first.columns, second.columns];
  const from = startOf(a);
  const firstBytes = bytesOf(first);
  const bytes = Buffer.concat([a.bytes.subarray(from, from + firstBytes), b.bytes]);
  return new RecordBatch(second.topic, second.partition, {
    bytes,
    offsets: joinTimes(a.offsets, b.offsets),
    times: joinTimes(a.times, b.times),
    recordedAt: joinTimes(a.recordedAt, b.recordedAt),
    keyStart: joinPlaces(a.keyStart, -from, b.keyStart, firstBytes),
    keyEnd: joinPlaces(a.keyEnd, -from, b.keyEnd, firstBytes),
    valueStart: joinPlaces(a.valueStart, -from, b.valueStart, firstBytes),
    valueEnd: joinPlaces(a.valueEnd, -from, b.valueEnd, firstBytes),
    nextOffset: b.nextOffset,
    atEnd: b.atEnd,
  });
}

function joinTimes(a: Float64Array, b: Float64Array): Float64Array {
  const joined = new Float64Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

/** Places in bytes, moved with them; what is not there (a record without a key) stays so. */
function joinPlaces(a: Int32Array, aMoves: number, b: Int32Array, bMoves: number): Int32Array {
  const joined = new Int32Array(a.length + b.length);
  for (let i = 0; i < a.length; i++) joined[i] = a[i] < 0 ? a[i] : a[i] + aMoves;
  for (let i = 0; i < b.length; i++) joined[a.length + i] = b[i] < 0 ? b[i] : b[i] + bMoves;
  return joined;
}
