import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMatches, encodeMatches, type OrderedHits, originSpan, partsMax } from './match-batch.js';

const rows = fc.array(
  fc.record({
    time: fc.integer({ min: -1e12, max: 1e13 }),
    source: fc.integer({ min: 0, max: 2046 }),
    offset: fc.integer({ min: 0, max: originSpan - 1 }),
    value: fc.nat(Number.MAX_SAFE_INTEGER),
    lo: fc.integer(),
    hi: fc.integer(),
  }),
  { maxLength: 20 },
);
type Row = { time: number; source: number; offset: number; value: number; lo: number; hi: number };

/** Columns are longer than what they hold, as those of a buffer that is used again are. */
function hitsOf(rule: number, all: readonly Row[], order: Uint32Array | null): OrderedHits {
  const column = <T extends Float64Array | Int32Array>(into: T, of: (row: Row) => number): T => {
    all.forEach((row, i) => {
      into[i] = of(row);
    });
    return into;
  };
  const length = all.length + 3;
  return {
    rule,
    count: all.length,
    order,
    times: column(new Float64Array(length), ({ time }) => time),
    origins: column(new Float64Array(length), ({ source, offset }) => source * originSpan + offset),
    values: column(new Float64Array(length), ({ value }) => value),
    recordedAt: column(new Float64Array(length), ({ time }) => time + 1),
    groupLo: column(new Int32Array(length), ({ lo }) => lo),
    groupHi: column(new Int32Array(length), ({ hi }) => hi),
  };
}

describe('a match batch', () => {
  it('comes back as it was written, hits in their order, from anywhere in a buffer', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(0xffffffff), rows, fc.boolean()), { maxLength: 4 }),
        fc.string(),
        fc.integer({ min: 0, max: 1e13 }),
        fc.nat(9),
        fc.nat(partsMax - 1),
        (rules, reading, markMs, shift, partsLeft) => {
          const written = rules.map(([rule, all, reversed]) => {
            const order = reversed ? Uint32Array.from(all.keys()).reverse() : null;
            return hitsOf(rule, all, order);
          });
          const bytes = Buffer.concat([
            Buffer.alloc(shift, 0xaa),
            encodeMatches({ markMs, readUntilMs: markMs + 1, reading }, written, partsLeft),
          ]);
          const read = decodeMatches(bytes.subarray(shift))!;
          expect(read.markMs).toBe(markMs);
          expect(read.readUntilMs).toBe(markMs + 1);
          expect(read.partsLeft).toBe(partsLeft);
          expect(read.reading).toEqual(reading.toWellFormed());
          expect(read.hits).toEqual(
            rules.map(([rule, all, reversed]) => {
              const { count, times, origins, values, recordedAt, groupLo, groupHi } = hitsOf(
                rule,
                reversed ? all.toReversed() : all,
                null,
              );
              return {
                rule,
                count,
                times: times.subarray(0, count),
                origins: origins.subarray(0, count),
                values: values.subarray(0, count),
                recordedAt: recordedAt.subarray(0, count),
                groupLo: groupLo.subarray(0, count),
                groupHi: groupHi.subarray(0, count),
              };
            }),
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  it('a time mark is a batch without hits', () => {
    const head = { markMs: 1_767_225_600_123, readUntilMs: 5, reading: 'all' };
    expect(decodeMatches(encodeMatches(head, []))).toEqual({ ...head, partsLeft: 0, hits: [] });
  });

  it('is refused where it is cut short, too long, or of another version', () => {
    const all = [{ time: 1, source: 0, offset: 2, value: 3, lo: 4, hi: 5 }];
    const bytes = encodeMatches({ markMs: 9, readUntilMs: 9, reading: 'all' }, [hitsOf(7, all, null)]);
    for (let length = 0; length < bytes.length; length++) expect(decodeMatches(bytes.subarray(0, length))).toBeNull();
    expect(decodeMatches(Buffer.concat([bytes, Buffer.alloc(1)]))).toBeNull();
    const other = Buffer.from(bytes);
    other[0]++;
    expect(decodeMatches(other)).toBeNull();
    expect(decodeMatches(Buffer.from('{"not":"a batch","but":"an event that somebody wrote there"}'))).toBeNull();
  });
});
