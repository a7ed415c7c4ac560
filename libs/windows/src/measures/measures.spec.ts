import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changedAfter, hitsOf } from '../../testing/streams.js';
import { WindowStore } from '../index.js';
import { SeriesLevels, seriesMemoryMs } from './anomaly.js';
import { ExactSum } from './exact-sum.js';
import { SeenValues, seenValuesMax } from './first-seen.js';
import { exactValuesMax, PercentileMeasure, rankOf } from './percentile.js';
import { sketchError } from './value-sketch.js';

const numbersArb = fc.array(fc.double({ min: -1e300, max: 1e300, noNaN: true }), { maxLength: 30 });

describe('ExactSum', () => {
  it('does not depend on the order, and forgets without a trace what is taken away', () => {
    fc.assert(
      fc.property(numbersArb, numbersArb, (kept, taken) => {
        const sum = new ExactSum();
        for (const x of [...kept, ...taken]) sum.add(x);
        for (const x of taken) sum.add(-x);
        const other = new ExactSum();
        for (const x of kept.toReversed()) other.add(x);
        expect(sum.value + 0).toBe(other.value + 0);
      }),
    );
  });

  it('rounds once', () => {
    const sum = new ExactSum();
    for (const x of [0.1, 0.2, 0.3, 1e16, -1e16]) sum.add(x);
    expect(sum.value).toBe(0.6);
    // Just above half way between two doubles.
    const half = new ExactSum();
    for (const x of [1, 2 ** -53, 2 ** -200]) half.add(x);
    expect(half.value).toBe(1 + 2 ** -52);
  });
});

describe('percentiles of many values', () => {
  const values = Array.from({ length: 15_000 }, (_, i) => ((i * 7919) % 15_000) - 2000);
  const right = (of: readonly number[], percentile: number) =>
    of.toSorted((a, b) => a - b)[rankOf(percentile, of.length)];

  it('are exact up to the limit, and within the stated error beyond', () => {
    for (const percentile of [1, 50, 95, 99.9]) {
      const measure = new PercentileMeasure(percentile, {});
      for (const [i, value] of values.entries()) {
        measure.enter(0, value);
        if (i + 1 === exactValuesMax) expect(measure.observed).toBe(right(values.slice(0, i + 1), percentile));
      }
      const exact = right(values, percentile);
      expect(Math.abs(measure.observed - exact)).toBeLessThanOrEqual(Math.abs(exact) * sketchError * 1.0001);
    }
  });

  it('are exact again when a window that held more holds fewer', () => {
    const measure = { kind: 'percentile' as const, percentile: 95, limits: { gte: 0 } };
    const caps = { groupsMax: 10, eventsPerGroupMax: 1 << 20 };
    const spec = { kind: 'measured' as const, measure, timespanMs: 1000, latenessMs: 0, quietMs: 1000, ...caps };
    const store = new WindowStore(spec);
    const entries = values.map((value, i) => ({ group: 1, time: 1000 + Math.floor(i / 20), origin: i, value }));
    store.add(hitsOf([...entries, { group: 1, time: 2300, origin: 15_000, value: 5 }]));
    const [{ value }] = changedAfter(store);
    const held = entries.filter(({ time }) => time > 1300).map((entry) => entry.value);
    expect(held.length).toBeLessThan(exactValuesMax);
    expect(value).toBe(right([...held, 5], 95));
  });
});

describe('what is remembered', () => {
  it('of values, is bounded: the one not seen longest goes, and is counted', () => {
    let forgotten = 0;
    const seen = new SeenValues(1e9, [], () => forgotten++);
    for (let i = 0; i < seenValuesMax + 5; i++) seen.learn(i, i);
    expect(forgotten).toBe(5);
    expect(seen.has(seenValuesMax + 5, 4)).toBe(false);
    expect(seen.has(seenValuesMax + 5, 5)).toBe(true);
  });

  it('of a series, is by hour of the day once that has shown enough, and is lost after long silence', () => {
    const hourMs = 3_600_000;
    const series = new SeriesLevels([]);
    for (let day = 0; day < 3; day++) {
      for (let hour = 0; hour < 24; hour++) series.learn((day * 24 + hour) * hourMs, hour === 3 ? 100 : 1);
    }
    const threeOClock = (3 * 24 + 3) * hourMs;
    expect(series.at(threeOClock, 3)?.mean).toBeCloseTo(100);
    expect(series.at(threeOClock, 4)?.mean).toBeLessThan(50);
    expect(series.at(threeOClock + seriesMemoryMs, 3)).toBeUndefined();
    expect(new SeriesLevels(series.numbers()).numbers()).toEqual(series.numbers());
  });
});
