/**
 * Records of one partition in offset order, kept as the log stored them: one buffer, and columns that say where each
 * record lies in it. Nothing is copied or decoded until somebody asks, so a scanner can walk `bytes` directly.
 *
 * Record `i` (0 ≤ i < count): value = bytes[valueStart[i], valueEnd[i]), key = bytes[keyStart[i], keyEnd[i]) or none
 * where keyStart[i] < 0.
 */
export class RecordBatch {
  constructor(
    readonly topic: string,
    readonly partition: number,
    readonly columns: RecordColumns,
  ) {}

  get count(): number {
    return this.columns.offsets.length;
  }
  get bytes(): Buffer {
    return this.columns.bytes;
  }
  offset(i: number): number {
    return this.columns.offsets[i];
  }
  /** The offset to read on from: one past the last record. */
  get nextOffset(): number {
    return this.columns.nextOffset;
  }
  /** The first `count` records of this batch, which are not all of them: a view, not a copy. */
  head(count: number): RecordBatch {
    const c = this.columns;
    return new RecordBatch(this.topic, this.partition, {
      bytes: c.bytes,
      offsets: c.offsets.subarray(0, count),
      times: c.times.subarray(0, count),
      recordedAt: c.recordedAt.subarray(0, count),
      keyStart: c.keyStart.subarray(0, count),
      keyEnd: c.keyEnd.subarray(0, count),
      valueStart: c.valueStart.subarray(0, count),
      valueEnd: c.valueEnd.subarray(0, count),
      nextOffset: c.offsets[count],
      atEnd: false,
    });
  }
  /** All but the first `count` records, of which there are some: a view, not a copy. */
  tail(count: number): RecordBatch {
    const c = this.columns;
    return new RecordBatch(this.topic, this.partition, {
      bytes: c.bytes,
      offsets: c.offsets.subarray(count),
      times: c.times.subarray(count),
      recordedAt: c.recordedAt.subarray(count),
      keyStart: c.keyStart.subarray(count),
      keyEnd: c.keyEnd.subarray(count),
      valueStart: c.valueStart.subarray(count),
      valueEnd: c.valueEnd.subarray(count),
      nextOffset: c.nextOffset,
      atEnd: c.atEnd,
    });
  }
  /** When this batch was read, had the partition nothing beyond it? */
  get atEnd(): boolean {
    return this.columns.atEnd;
  }
  /** Event time, ms. */
  time(i: number): number {
    return this.columns.times[i];
  }
  /** When the log recorded it, ms. Never decreases within a partition. */
  recordedAt(i: number): number {
    return this.columns.recordedAt[i];
  }
  /** How many of its records were recorded before `moment`: its first ones. */
  countRecordedBefore(moment: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.recordedAt(middle) < moment) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  /** A view, not a copy. */
  value(i: number): Buffer {
    return this.columns.bytes.subarray(this.columns.valueStart[i], this.columns.valueEnd[i]);
  }
  /** A view, not a copy; null where the record has no key. */
  key(i: number): Buffer | null {
    const start = this.columns.keyStart[i];
    return start < 0 ? null : this.columns.bytes.subarray(start, this.columns.keyEnd[i]);
  }
}

/** One entry per record, all of the same length. */
export interface RecordColumns {
  bytes: Buffer;
  offsets: Float64Array;
  times: Float64Array;
  recordedAt: Float64Array;
  keyStart: Int32Array;
  keyEnd: Int32Array;
  valueStart: Int32Array;
  valueEnd: Int32Array;
  nextOffset: number;
  atEnd: boolean;
}

/** A batch of records that are in memory: what a log would give back for them. */
export function batchOfRecords(
  topic: string,
  partition: number,
  baseOffset: number,
  records: readonly { key?: Uint8Array | null; time: number; value: Uint8Array; recordedAt: number }[],
): RecordBatch {
  const count = records.length;
  const columns: RecordColumns = {
    bytes: Buffer.concat(records.flatMap(({ key, value }) => (key ? [key, value] : [value]))),
    offsets: Float64Array.from(records, (_, i) => baseOffset + i),
    times: Float64Array.from(records, ({ time }) => time),
    recordedAt: Float64Array.from(records, ({ recordedAt }) => recordedAt),
    keyStart: new Int32Array(count),
    keyEnd: new Int32Array(count),
    valueStart: new Int32Array(count),
    valueEnd: new Int32Array(count),
    nextOffset: baseOffset + count,
    atEnd: true,
  };
  let at = 0;
  for (const [i, { key, value }] of records.entries()) {
    columns.keyStart[i] = key ? at : -1;
    columns.keyEnd[i] = at += key?.length ?? 0;
    columns.valueStart[i] = at;
    columns.valueEnd[i] = at += value.length;
  }
  return new RecordBatch(topic, partition, columns);
}
