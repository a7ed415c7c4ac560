import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MeasuredSpec, modelOf } from '../testing/models.js';
import {
  bruteForce,
  changedAfter,
  gapsArb,
  hitsOf,
  marksArb,
  recordedAfter,
  run,
  withoutEnds,
} from '../testing/streams.js';
import { restoreWindow, snapshotWindow, WindowStore } from './index.js';
import type { Limits } from './measure.js';
import type { MeasureSpec } from './measures/make.js';

function specOf(
  measure: MeasureSpec,
  times: Omit<MeasuredSpec, 'kind' | 'measure' | 'groupsMax' | 'eventsPerGroupMax'>,
) {
  return { kind: 'measured' as const, measure, ...times, groupsMax: 1000, eventsPerGroupMax: 1 << 16 };
}

const timesArb = fc.record({
  timespanMs: fc.integer({ min: 1, max: 20 }),
  latenessMs: fc.integer({ min: 0, max: 20 }),
  quietMs: fc.integer({ min: 1, max: 60 }),
});

const arrivalsArb = (span: number, value: fc.Arbitrary<number>) =>
  fc.array(
    fc.record({
      group: fc.integer({ min: 0, max: 1 }),
      time: fc.integer({ min: 1000, max: 1000 + span }),
      values: fc.uniqueArray(value, { minLength: 1, maxLength: 2 }),
    }),
    { maxLength: 50 },
  );
const streamArb = (value: fc.Arbitrary<number>) =>
  fc.oneof(arrivalsArb(60, value), arrivalsArb(400, value), arrivalsArb(900, value));

const limitsArb = (value: fc.Arbitrary<number>): fc.Arbitrary<Limits> =>
  fc.oneof(
    value.map((gte) => ({ gte })),
    value.map((lt) => ({ lt })),
    value.map((eq) => ({ eq })),
    value.map((neq) => ({ neq })),
    fc.tuple(value, value).map(([a, b]) => ({ gt: Math.min(a, b), lte: Math.max(a, b) })),
  );

const smallArb = fc.constantFrom(-4, -0.5, 0, 1, 2, 3, 8, 20);
const countArb = fc.integer({ min: 0, max: 6 });
const inputArb = fc.integer({ min: 0, max: 2 });
const measureArbs: { [Kind in MeasureSpec['kind']]: [fc.Arbitrary<MeasureSpec>, fc.Arbitrary<number>] } = {
  count: [fc.record({ kind: fc.constant('count'), limits: limitsArb(countArb) }), countArb],
  distinct: [fc.record({ kind: fc.constant('distinct'), limits: limitsArb(countArb) }), countArb],
  sum: [fc.record({ kind: fc.constant('sum'), limits: limitsArb(smallArb) }), smallArb],
  average: [fc.record({ kind: fc.constant('average'), limits: limitsArb(smallArb) }), smallArb],
  percentile: [
    fc.record({
      kind: fc.constant('percentile'),
      percentile: fc.constantFrom('median' as const, 1, 25, 50, 95, 99.9),
      limits: limitsArb(smallArb),
    }),
    smallArb,
  ],
  share: [
    fc.record({ kind: fc.constant('share'), limits: limitsArb(fc.constantFrom(20, 25, 40, 50, 75, 100)) }),
    inputArb,
  ],
  ordered: [
    fc.record({
      kind: fc.constant('ordered'),
      inputs: fc.constant(3),
      limits: limitsArb(fc.integer({ min: 0, max: 3 })),
    }),
    inputArb,
  ],
  ratio: [
    fc.record({
      kind: fc.constant('ratio'),
      windowsMs: fc.constant([20]),
      minimum: fc.integer({ min: 0, max: 3 }),
      limits: limitsArb(fc.constantFrom(0, 0.25, 0.5, 1, 2)),
    }),
    fc.integer({ min: 0, max: 1 }),
  ],
  'first-seen': [
    fc.record({
      kind: fc.constant('first-seen'),
      historyMs: fc.integer({ min: 20, max: 300 }),
      limits: limitsArb(fc.integer({ min: 0, max: 3 })),
    }),
    fc.integer({ min: 0, max: 5 }),
  ],
  spike: [
    fc.record({
      kind: fc.constant('spike'),
      of: fc.constantFrom(
        { kind: 'count' as const },
        { kind: 'sum' as const },
        { kind: 'percentile' as const, percentile: 75 },
      ),
      baselineMs: fc.integer({ min: 20, max: 300 }),
      factor: fc.constantFrom(null, 1, 1.5, 2, 3),
      deviations: fc.constantFrom(null, 0.7, 1.1, 2.3),
      minimum: fc.integer({ min: 0, max: 3 }),
    }),
    smallArb,
  ],
  anomaly: [
    fc.record({
      kind: fc.constant('anomaly'),
      deviations: fc.constantFrom(0.5, 1, 2, 3),
      minimum: fc.integer({ min: 1, max: 5 }),
    }),
    smallArb,
  ],
};

/** Several windows: shorter ones than the timespan. */
const fitted = (measure: MeasureSpec, timespanMs: number): MeasureSpec =>
  measure.kind === 'ratio'
    ? { ...measure, windowsMs: [...new Set([timespanMs / 4, timespanMs / 2, timespanMs].map(Math.ceil))] }
    : measure;

describe.each(Object.entries(measureArbs))('a window measured by %s', (_, [measureArb, valueArb]) => {
  it('equals a brute-force recount on any stream, whatever the batches and restores', () => {
    fc.assert(
      fc.property(
        measureArb,
        timesArb,
        streamArb(valueArb),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 4 }),
        (measure, times, arrivals, batch, restoreEvery) => {
          const spec = specOf(fitted(measure, times.timespanMs), times);
          expect(run(spec, arrivals, batch, restoreEvery)).toEqual(bruteForce(spec, modelOf(spec), arrivals));
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('gives the same answer in any order within the lateness', () => {
    fc.assert(
      fc.property(
        measureArb,
        timesArb,
        streamArb(valueArb),
        fc.array(fc.nat(19), { minLength: 50, maxLength: 50 }),
        fc.integer({ min: 1, max: 10 }),
        (measure, times, arrivals, jitters, batch) => {
          const spec = specOf(fitted(measure, times.timespanMs), { ...times, latenessMs: 20 });
          const inOrder = [...arrivals].sort((a, b) => a.time - b.time);
          const shuffled = inOrder
            .map((arrival, i) => ({ arrival, at: arrival.time + jitters[i] }))
            .sort((a, b) => a.at - b.at)
            .map(({ arrival }) => arrival);
          expect(run(spec, shuffled, batch)).toEqual(run(spec, inOrder, 60));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('gives the same answer wherever time moves on without a group', () => {
    fc.assert(
      fc.property(
        measureArb,
        timesArb,
        streamArb(valueArb),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 0, max: 4 }),
        marksArb,
        (measure, times, arrivals, batch, restoreEvery, marks) => {
          const spec = specOf(fitted(measure, times.timespanMs), times);
          const moved = run(spec, arrivals, batch, restoreEvery, marks);
          expect(withoutEnds(moved)).toEqual(withoutEnds(run(spec, arrivals, 60)));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('begins a group anew that was silent for long, whether it had left memory by then or not', () => {
    fc.assert(
      fc.property(
        measureArb,
        timesArb,
        streamArb(valueArb),
        gapsArb,
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 0, max: 4 }),
        marksArb,
        (measure, times, some, gaps, batch, restoreEvery, marks) => {
          const spec = specOf(fitted(measure, times.timespanMs), times);
          const arrivals = recordedAfter(some, gaps);
          const expected = bruteForce(spec, modelOf(spec), arrivals);
          expect(run(spec, arrivals, 60)).toEqual(expected);
          expect(withoutEnds(run(spec, arrivals, batch, restoreEvery, marks))).toEqual(withoutEnds(expected));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('goes on within its caps, whatever they cut off', () => {
    fc.assert(
      fc.property(
        measureArb,
        timesArb,
        streamArb(valueArb),
        fc.integer({ min: 1, max: 9 }),
        (measure, times, arrivals, batch) => {
          const spec = { ...specOf(fitted(measure, times.timespanMs), times), groupsMax: 1, eventsPerGroupMax: 8 };
          let store = new WindowStore(spec);
          for (let at = 0; at < arrivals.length; at += batch) {
            const entries = arrivals.slice(at, at + batch).map(({ group, time, values: [value] }, i) => {
              return { group, time, origin: at + i, value };
            });
            store.add(hitsOf(entries));
            for (const { evidence } of changedAfter(store, at * 100, 50_000_000 + at * 20_000)) {
              expect(evidence.length).toBeGreaterThan(0);
            }
            expect(store.groups.size).toBeLessThanOrEqual(1);
            store = restoreWindow(spec, snapshotWindow(store));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

it('holds as long as an instant lets it that went on after it had been looked at', () => {
  const times = { timespanMs: 10, latenessMs: 20, quietMs: 1 };
  const spec = specOf({ kind: 'share', limits: { gt: 20, lte: 50 } }, times);
  const at = (time: number, ...values: number[]) => ({ group: 0, time, values });
  // The late event makes one half of 1023 hold until it leaves itself; with the other half it is another's share.
  const arrivals = [at(1023, 0), at(1014, 1), at(1023, 0, 1), at(1025, 0)];
  const inOrder = arrivals.toSorted((a, b) => a.time - b.time);
  expect(run(spec, arrivals, 1)).toEqual(bruteForce(spec, modelOf(spec), arrivals));
  expect(run(spec, arrivals, 1)).toEqual(run(spec, inOrder, 60));
});
