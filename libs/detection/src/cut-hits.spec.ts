import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutHits } from './cut-hits.js';
import { HitBuffer } from './hit-buffer.js';
import { decodeMatches, encodeMatches, originSpan } from './match-batch.js';

interface Event {
  source: number;
  time: number;
  /** Since the source's event before. */
  passedMs: number;
  /** Groups by rule. */
  groups: number[][];
}

const eventArb: fc.Arbitrary<Event> = fc.record({
  source: fc.nat(2),
  time: fc.nat(5),
  passedMs: fc.constantFrom(0, 0, 0, 1),
  groups: fc.array(fc.array(fc.nat(3), { maxLength: 3 }), { minLength: 2, maxLength: 2 }),
});

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

function buffersOf(events: readonly Event[]): HitBuffer[] {
  const buffers = [new HitBuffer(100), new HitBuffer(101)];
  for (const source of [0, 1, 2]) {
    let recordedAt = 0;
    for (const [offset, { time, passedMs, groups }] of events.filter((e) => e.source === source).entries()) {
      recordedAt += passedMs;
      for (const [rule, ofRule] of groups.entries()) {
        for (const lo of ofRule) buffers[rule].push(lo, 0, time, recordedAt, source * originSpan + offset, 0);
      }
    }
  }
  return buffers.filter(({ count }) => count > 0);
}

/** As they come back from the log. */
const written = (records: ReturnType<typeof cutHits>) =>
  records.map(({ hits }) =>
    decodeMatches(encodeMatches({ markMs: 0, readUntilMs: 0, reading: '' }, hits))!.hits.flatMap(
      ({ rule, count, origins, times, groupLo }) =>
        Array.from({ length: count }, (_, i) => ({ rule, origin: origins[i], time: times[i], lo: groupLo[i] })),
    ),
  );

/** Parts of one event put together again. */
function wholeEvents<T>(cut: ReturnType<typeof cutHits>, records: readonly T[][]): T[][] {
  const whole: T[][] = [[]];
  for (const [i, record] of records.entries()) {
    whole.at(-1)!.push(...record);
    if (cut[i].partsLeft === 0 && i + 1 < records.length) whole.push([]);
  }
  return whole;
}

describe('cutHits', () => {
  it('cuts between events, keeps each source’s order from record to record, and loses nothing', () => {
    fc.assert(
      fc.property(fc.array(eventArb, { maxLength: 40 }), fc.integer({ min: 1, max: 12 }), (events, hitsMax) => {
        const buffers = buffersOf(events);
        const [whole = []] = written([{ hits: buffers, partsLeft: 0 }]);
        const cut = cutHits(buffers, hitsMax);
        const records = wholeEvents(cut, written(cut));
        const textOf = (hit: object) => JSON.stringify(hit);
        expect(records.flat().map(textOf).sort()).toEqual(whole.map(textOf).sort());
        const reached = [-1, -1, -1];
        for (const record of records) {
          const origins = new Set(record.map(({ origin }) => origin));
          if (origins.size > 1) expect(record.length).toBeLessThanOrEqual(hitsMax);
          for (const origin of origins)
            expect(origin % originSpan).toBeGreaterThan(reached[Math.floor(origin / originSpan)]);
          for (const origin of origins) {
            const source = Math.floor(origin / originSpan);
            reached[source] = Math.max(reached[source], origin % originSpan);
          }
          // Within a record and rule: in the order that they would have had in one.
          for (const rule of [100, 101]) {
            const here = record.filter((hit) => hit.rule === rule).map(textOf);
            const there = whole.filter((hit) => hit.rule === rule && origins.has(hit.origin)).map(textOf);
            expect(here).toEqual(there);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('reads sources side by side: no record has one source’s week before another’s Monday', () => {
    const events = [0, 1, 2].flatMap((source) =>
      Array.from({ length: 100 }, (_, time): Event => ({ source, time, passedMs: 0, groups: [[0], []] })),
    );
    const spans = written(cutHits(buffersOf(events), 30)).map((record) => record.map(({ time }) => time));
    expect(spans).toHaveLength(10);
    for (const [i, times] of spans.slice(1).entries())
      expect(Math.min(...times)).toBeGreaterThanOrEqual(Math.max(...spans[i]));
  });

  it('writes an event that does not fit alone and in parts, alike whatever it came with', () => {
    const large: Event = { source: 1, time: 9, passedMs: 1, groups: [range(70), range(70).map((lo) => 100 + lo)] };
    const small: Event = { source: 0, time: 1, passedMs: 1, groups: [[1], [2]] };
    const parts = [[large], [small, large, small], [large, { ...small, source: 1 }]].map((events) => {
      const cut = cutHits(buffersOf(events), 50);
      const records = written(cut).map((hits, i) => ({ partsLeft: cut[i].partsLeft, hits }));
      return records.filter(({ hits }) => hits.some(({ lo }) => lo > 2));
    });
    expect(parts[0].map(({ partsLeft, hits }) => [partsLeft, hits.length])).toEqual([
      [2, 46],
      [1, 46],
      [0, 48],
    ]);
    expect(parts[1].map(({ hits }) => hits.map(({ lo }) => lo))).toEqual(
      parts[0].map(({ hits }) => hits.map(({ lo }) => lo)),
    );
    expect(parts[2]).toEqual(parts[0]);
    // What stands beside each other in columns of one length still does.
    for (const { hits } of parts[0]) {
      const of = (rule: number) => hits.filter((hit) => hit.rule === rule).map(({ lo }) => lo % 100);
      expect(of(101)).toEqual(of(100));
    }
  });

  it('hands out what fits as it is', () => {
    const buffers = buffersOf([{ source: 0, time: 1, passedMs: 0, groups: [[1], [2]] }]);
    expect(cutHits(buffers, 2)).toEqual([{ hits: buffers, partsLeft: 0 }]);
    expect(cutHits([], 2)).toEqual([{ hits: [], partsLeft: 0 }]);
  });
});
