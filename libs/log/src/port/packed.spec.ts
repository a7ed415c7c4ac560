import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RecordBatch } from '../batch.js';
import { packBatches, packRecords, unpackBatches, unpackRecords } from './packed.js';

const bytesArb = fc.uint8Array({ maxLength: 20 });
const keyArb = fc.option(bytesArb, { nil: null });
const timeArb = fc.double({ noNaN: true });
const recordArb = fc.record({ key: keyArb, value: bytesArb, time: timeArb, gap: fc.nat(5), keyLast: fc.boolean() });
type Drawn = typeof recordArb extends fc.Arbitrary<infer T> ? T : never;

/** A batch as a log gives it: what is not of its records lies between them. */
function batchOf(topic: string, partition: number, records: readonly Drawn[]): RecordBatch {
  const pieces: Uint8Array[] = [];
  let at = 0;
  const put = (bytes: Uint8Array) => {
    pieces.push(bytes);
    return [at, (at += bytes.length)];
  };
  const places = records.map(({ key, value, gap, keyLast }) => {
    put(new Uint8Array(gap).fill(255));
    const first = keyLast ? put(value) : null;
    const ofKey = key === null ? [-1, -1] : put(key);
    return [...ofKey, ...(first ?? put(value))];
  });
  const column = (i: number) => Int32Array.from(places, (place) => place[i]);
  return new RecordBatch(topic, partition, {
    bytes: Buffer.concat(pieces),
    offsets: Float64Array.from(records, (_, i) => 3 * i + 7),
    times: Float64Array.from(records, ({ time }) => time),
    recordedAt: Float64Array.from(records, (_, i) => 1e12 + i),
    keyStart: column(0),
    keyEnd: column(1),
    valueStart: column(2),
    valueEnd: column(3),
    nextOffset: 3 * records.length + 7,
    atEnd: partition % 2 === 0,
  });
}

const rows = (batch: RecordBatch) => ({
  place: [batch.topic, batch.partition, batch.nextOffset, batch.atEnd],
  records: Array.from({ length: batch.count }, (_, i) => ({
    ...{ offset: batch.offset(i), time: batch.time(i), recordedAt: batch.recordedAt(i) },
    ...{ key: batch.key(i)?.toString('hex'), value: batch.value(i).toString('hex') },
  })),
});

it('gives batches back as they were, without what lay between their records', () => {
  fc.assert(
    fc.property(fc.array(fc.array(recordArb, { maxLength: 10 }), { maxLength: 5 }), (drawn) => {
      const batches = drawn.map((records, partition) => batchOf(`t${partition >> 1}`, partition, records));
      const unpacked = unpackBatches(structuredClone(packBatches(batches)));
      expect(unpacked.map(rows)).toEqual(batches.map(rows));
      const own = drawn.flat().reduce((sum, { key, value }) => sum + (key?.length ?? 0) + value.length, 0);
      expect(unpacked.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(own);
    }),
  );
});

it('packs into a buffer that it is given, where that is large enough', () => {
  const record: Drawn = { key: null, value: Uint8Array.of(1, 2, 3), time: 1, gap: 1, keyLast: false };
  const [small, large] = [1, 100].map((count) => batchOf('t', 0, Array<Drawn>(count).fill(record)));
  const { buffer } = packBatches([large]);
  new Uint8Array(buffer).fill(255);
  const packed = packBatches([small, small], buffer);
  expect(packed.buffer).toBe(buffer);
  expect(unpackBatches(packed).map(rows)).toEqual([small, small].map(rows));
  expect(packBatches([large], packBatches([small]).buffer).buffer).not.toBe(buffer);
});

it('gives a part of a batch back', () => {
  const records = [1, 2, 3].map(
    (n): Drawn => ({ key: null, value: Uint8Array.of(n), time: n, gap: 1, keyLast: false }),
  );
  const head = batchOf('t', 0, records).head(2);
  expect(unpackBatches(packBatches([head])).map(rows)).toEqual([rows(head)]);
});

it('gives records to append back as they were', () => {
  const appendArb = fc.record({
    partition: fc.option(fc.constantFrom(0, 7, -1, 1.5), { nil: undefined }),
    key: keyArb,
    time: fc.double(),
    value: bytesArb,
  });
  fc.assert(
    fc.property(fc.array(appendArb, { maxLength: 10 }), (records) => {
      const plain = (all: typeof records) =>
        all.map(({ key, value, ...rest }) => ({ ...rest, key: key && [...key], value: [...value] }));
      expect(plain(unpackRecords(packRecords(records)) as typeof records)).toEqual(plain(records));
    }),
  );
});
