import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOfRecords, RecordBatch } from '#libs/log';
import { cutToRecordedOrder } from './recorded-order.js';

interface Source {
  partition: number;
  recordedAt: number[];
}

/** What one poll gives of each source from where it stands: up to so many records, `atEnd` where nothing is beyond. */
function poll(sources: readonly Source[], positions: readonly number[], limits: readonly number[]): RecordBatch[] {
  return sources.flatMap(({ partition, recordedAt }, s) => {
    const to = Math.min(recordedAt.length, positions[s] + limits[s]);
    const taken = recordedAt.slice(positions[s], to);
    if (taken.length === 0) return [];
    const records = taken.map((moment) => ({ time: 0, value: Buffer.alloc(0), recordedAt: moment }));
    const { columns } = batchOfRecords('t', partition, positions[s], records);
    return [new RecordBatch('t', partition, { ...columns, atEnd: to === recordedAt.length })];
  });
}

const sourcesArb = fc
  .array(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 12 }), { minLength: 1, maxLength: 5 })
  .map((all) => all.map((recordedAt, partition) => ({ partition, recordedAt: recordedAt.sort((a, b) => a - b) })));

const momentsOf = (batch: RecordBatch) => Array.from({ length: batch.count }, (_, i) => batch.recordedAt(i));

describe('cutToRecordedOrder', () => {
  it('takes everything recorded up to one moment, and goes on until all is taken, once', () => {
    fc.assert(
      fc.property(
        sourcesArb,
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 5, maxLength: 5 }),
        (sources, limits) => {
          const positions = sources.map(() => 0);
          const taken: number[][] = sources.map(() => []);
          let reached = Number.NEGATIVE_INFINITY;
          for (let polls = 0; ; polls++) {
            expect(polls).toBeLessThan(100);
            const polled = poll(sources, positions, limits);
            if (polled.length === 0) break;
            const cut = cutToRecordedOrder(polled);
            expect(cut.length).toBeGreaterThan(0);
            const moments = cut.flatMap(momentsOf);
            // Nothing that is left over was recorded before what was taken, now or earlier.
            expect(Math.min(...moments)).toBeGreaterThanOrEqual(reached);
            reached = Math.max(...moments);
            for (const batch of cut) {
              expect(batch.offset(0)).toBe(positions[batch.partition]);
              expect(batch.nextOffset).toBe(positions[batch.partition] + batch.count);
              taken[batch.partition].push(...momentsOf(batch));
              positions[batch.partition] = batch.nextOffset;
            }
            for (const [s, { recordedAt }] of sources.entries()) {
              const left = recordedAt[positions[s]] ?? Number.POSITIVE_INFINITY;
              expect(left).toBeGreaterThanOrEqual(reached);
            }
          }
          expect(taken).toEqual(sources.map(({ recordedAt }) => recordedAt));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('does not wait for partitions at whose end it is, or that have nothing', () => {
    const sources = [
      { partition: 0, recordedAt: [1, 2, 3] },
      { partition: 1, recordedAt: [] },
      { partition: 2, recordedAt: [9] },
    ];
    expect(cutToRecordedOrder(poll(sources, [0, 0, 0], [9, 9, 9])).map(({ count }) => count)).toEqual([3, 1]);
  });

  it('keeps back what was recorded after the end of a batch that has more to come', () => {
    const sources = [
      { partition: 0, recordedAt: [1, 2, 2, 7] },
      { partition: 1, recordedAt: [0, 2, 5] },
    ];
    const cut = cutToRecordedOrder(poll(sources, [0, 0], [2, 9]));
    expect(cut.map((batch) => [batch.partition, momentsOf(batch)])).toEqual([
      [0, [1]],
      [1, [0]],
    ]);
  });

  it('takes part of a moment where a moment is all there is', () => {
    const sources = [{ partition: 0, recordedAt: [4, 4, 4, 4] }];
    expect(cutToRecordedOrder(poll(sources, [0], [2])).map(momentsOf)).toEqual([[4, 4]]);
  });

  it('gives batches in the order of topic and partition', () => {
    const batches = ['b', 'a'].flatMap((topic) =>
      [1, 0].map((partition) =>
        batchOfRecords(topic, partition, 0, [{ time: 0, value: Buffer.alloc(0), recordedAt: 0 }]),
      ),
    );
    const cut = cutToRecordedOrder(batches).map(({ topic, partition }) => `${topic}${partition}`);
    expect(cut).toEqual(['a0', 'a1', 'b0', 'b1']);
  });
});
