import type { WindowHits } from '#libs/windows';

/**
 * What a record of `weir.matches` holds: hits of rules that belong to one partition of it, rule by rule, each rule's in
 * the order in which their events were recorded; or none at all: then it is a time mark. Little-endian:
 *
 * header {u8 version, 1 spare, u16 parts left, 4 spare, f64 mark time, f64 read until, u32 number of rules, u32 bytes of the reading} · per rule
 * {u32 rule, u32 count, f64 event times, f64 origins, f64 values, f64 recorded times, i32 group hashes low, i32 group
 * hashes high} · reading as JSON
 *
 * An origin is `source × 2^42 + offset`, where `source` is the index into the sources that were read.
 */
export interface MatchBatch {
  /** The newest event time that `match` had seen, moved on by as long as it was idle; ms. */
  markMs: number;
  /** What was recorded up to this moment (ms), in the partitions that the writer reads, is matched. 0: it can't tell. */
  readUntilMs: number;
  /** A `Reading` as JSON. Writers say the same thing again and again: compare before you parse. */
  reading: string;
  /**
   * Of an event that has more hits than fit into a record: how many records with others of its hits are still to come.
   * Where it isn't the last part, nothing else is in the record.
   */
  partsLeft: number;
  hits: readonly RuleHits[];
}

export type Source = readonly [topic: string, partition: number];

/** Who reads what, as the writer of a record knows it. */
export interface Reading {
  /** What the hits in this record refer to; the partitions that the writer reads, unless it is alone. */
  read: readonly Source[];
  /** Partitions that others read; null: the writer is alone and reads everything there is. */
  others: readonly Source[] | null;
  /** The writer's windows hold hits until the others say how far they have read: so they shall say it soon. */
  asks?: true;
}

/** Hits of one rule; 40 bytes each. Columns may be longer than `count`. */
export interface RuleHits extends WindowHits {
  /** The rule's hash. */
  rule: number;
}

/** Hits that stand in another order than the one they are to be written in. */
export interface OrderedHits extends RuleHits {
  /** Index of the first hit, of the second, …; null: as they stand. */
  readonly order: Uint32Array | null;
}

const version = 3;
const headerBytes = 32;
const ruleBytes = 8;
const hitBytes = 40;
/** Offsets up to four trillion; 2,047 sources. */
export const originSpan = 2 ** 42;
export const sourcesMax = 2047;
/** Records that one event's hits are written in at most: so a place between two offsets is a number that is exact. */
export const partsMax = 1024;

export function encodeMatches(
  { markMs, readUntilMs, reading }: Omit<MatchBatch, 'hits' | 'partsLeft'>,
  hits: readonly OrderedHits[],
  partsLeft = 0,
): Buffer {
  const said = Buffer.from(reading);
  const hitsBytes = hits.reduce((sum, { count }) => sum + ruleBytes + count * hitBytes, 0);
  const bytes = Buffer.allocUnsafeSlow(headerBytes + hitsBytes + said.length);
  const view = new DataView(bytes.buffer);
  bytes.fill(0, 0, 8);
  view.setUint8(0, version);
  view.setUint16(2, partsLeft, true);
  view.setFloat64(8, markMs, true);
  view.setFloat64(16, readUntilMs, true);
  view.setUint32(24, hits.length, true);
  view.setUint32(28, said.length, true);
  let at = headerBytes;
  for (const { rule, count, order, times, origins, values, recordedAt, groupLo, groupHi } of hits) {
    view.setUint32(at, rule, true);
    view.setUint32(at + 4, count, true);
    at += ruleBytes;
    for (const column of [times, origins, values, recordedAt]) {
      copy(column, order, new Float64Array(bytes.buffer, at, count));
      at += count * 8;
    }
    for (const column of [groupLo, groupHi]) {
      copy(column, order, new Int32Array(bytes.buffer, at, count));
      at += count * 4;
    }
  }
  bytes.set(said, at);
  return bytes;
}

function copy<T extends Float64Array | Int32Array>(column: T, order: Uint32Array | null, into: T): void {
  if (order === null) into.set(column.subarray(0, into.length));
  else for (let i = 0; i < into.length; i++) into[i] = column[order[i]];
}

/** Null where the bytes are not a batch that this version reads. */
export function decodeMatches(value: Uint8Array): MatchBatch | null {
  if (value.length < headerBytes || value[0] !== version) return null;
  // A copy: the record lies anywhere in its buffer, columns must lie on multiples of eight.
  const { buffer } = Uint8Array.from(value);
  const view = new DataView(buffer);
  const hits: RuleHits[] = [];
  let at = headerBytes;
  for (let rules = view.getUint32(24, true); rules > 0; rules--) {
    if (at + ruleBytes > value.length) return null;
    const rule = view.getUint32(at, true);
    const count = view.getUint32(at + 4, true);
    at += ruleBytes;
    if (at + count * hitBytes > value.length) return null;
    hits.push({ rule, count, ...columnsAt(buffer, at, count) });
    at += count * hitBytes;
  }
  if (at + view.getUint32(28, true) !== value.length) return null;
  const reading = new TextDecoder().decode(value.subarray(at));
  const partsLeft = view.getUint16(2, true);
  return { markMs: view.getFloat64(8, true), readUntilMs: view.getFloat64(16, true), reading, partsLeft, hits };
}

const columnsAt = (buffer: ArrayBuffer, at: number, count: number): Omit<RuleHits, 'count' | 'rule'> => ({
  times: new Float64Array(buffer, at, count),
  origins: new Float64Array(buffer, at + count * 8, count),
  values: new Float64Array(buffer, at + count * 16, count),
  recordedAt: new Float64Array(buffer, at + count * 24, count),
  groupLo: new Int32Array(buffer, at + count * 32, count),
  groupHi: new Int32Array(buffer, at + count * 36, count),
});
