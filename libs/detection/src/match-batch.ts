/**
 * What a record of `weir.matches` holds: hits of rules that belong to one partition of it, in the order in which their
 * events were recorded, or none at all: then it is a time mark. Columns, 36 bytes a hit, little-endian:
 *
 * header {u8 version, 7 spare, f64 mark time, u32 count, u32 bytes of the source table} · f64 event times · f64 origins
 * · f64 values · u32 rules · u32 group hash low · u32 group hash high · source table as JSON
 *
 * An origin is `source × 2^42 + offset`, where `source` is the index into the source table: [[topic, partition], …].
 */
export interface MatchBatch {
  /** The newest event time that `match` had seen, moved on by as long as it was idle; ms. */
  markMs: number;
  sources: readonly (readonly [topic: string, partition: number])[];
  count: number;
  times: Float64Array;
  origins: Float64Array;
  values: Float64Array;
  rules: Uint32Array;
  groupLo: Uint32Array;
  groupHi: Uint32Array;
}

const version = 1;
const headerBytes = 24;
const hitBytes = 36;
/** Offsets up to four trillion; 2,047 sources. */
export const originSpan = 2 ** 42;
export const sourcesMax = 2047;

export function encodeMatches(batch: MatchBatch): Buffer {
  const { count } = batch;
  const sources = Buffer.from(JSON.stringify(batch.sources));
  const bytes = new Uint8Array(headerBytes + count * hitBytes + sources.length);
  const header = new DataView(bytes.buffer);
  header.setUint8(0, version);
  header.setFloat64(8, batch.markMs, true);
  header.setUint32(16, count, true);
  header.setUint32(20, sources.length, true);
  let at = headerBytes;
  for (const column of [batch.times, batch.origins, batch.values]) {
    new Float64Array(bytes.buffer, at, count).set(column.subarray(0, count));
    at += count * 8;
  }
  for (const column of [batch.rules, batch.groupLo, batch.groupHi]) {
    new Uint32Array(bytes.buffer, at, count).set(column.subarray(0, count));
    at += count * 4;
  }
  bytes.set(sources, headerBytes + count * hitBytes);
  return Buffer.from(bytes.buffer);
}

/** Null where the bytes are not a batch that this version reads. */
export function decodeMatches(value: Uint8Array): MatchBatch | null {
  if (value.length < headerBytes || value[0] !== version) return null;
  // A copy: the record lies anywhere in its buffer, columns must lie on multiples of eight.
  const bytes = Uint8Array.from(value);
  const header = new DataView(bytes.buffer, bytes.byteOffset);
  const count = header.getUint32(16, true);
  const sourceBytes = header.getUint32(20, true);
  if (value.length !== headerBytes + count * hitBytes + sourceBytes) return null;
  let at = bytes.byteOffset + headerBytes;
  const floats = () => new Float64Array(bytes.buffer, (at += count * 8) - count * 8, count);
  const words = () => new Uint32Array(bytes.buffer, (at += count * 4) - count * 4, count);
  return {
    markMs: header.getFloat64(8, true),
    count,
    times: floats(),
    origins: floats(),
    values: floats(),
    rules: words(),
    groupLo: words(),
    groupHi: words(),
    sources: JSON.parse(new TextDecoder().decode(bytes.subarray(headerBytes + count * hitBytes))),
  };
}
