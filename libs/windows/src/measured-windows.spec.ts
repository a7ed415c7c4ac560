import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Arrival, bruteForce, type Condition, run } from '../testing/streams.js';
import type { WindowSpec } from './index.js';
import { type Limits, meets } from './measure.js';
import type { MeasureSpec } from './measures/make.js';

type MeasuredSpec = Extract<WindowSpec, { kind: 'measured' }>;
type Of<Kind extends MeasureSpec['kind']> = Extract<MeasureSpec, { kind: Kind }>;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const ascending = (a: number, b: number): number => a - b;

interface Frame {
  /** Values of the window's entries, in the order of time. */
  values: number[];
  window: readonly Arrival[];
  /** All up to the newest. */
  known: readonly Arrival[];
  upTo: number;
  t: number;
  timespanMs: number;
}
interface Finding {
  observed: number;
  holds?: boolean;
  expected?: number | null;
}

function conditionOf(spec: MeasuredSpec, find: (frame: Frame) => Finding | null): Condition {
  const { timespanMs, measure } = spec;
  return (events, upTo, t) => {
    const known = events.filter((e) => e.time <= upTo).sort((a, b) => a.time - b.time);
    const window = known.filter((e) => e.time > t - timespanMs);
    const found =
      window.length === 0
        ? null
        : find({ values: window.flatMap((e) => e.values), window, known, upTo, t, timespanMs });
    const limits: Limits = 'limits' in measure ? measure.limits : {};
    const holds = found !== null && (found.holds ?? meets(limits, found.observed));
    return { holds, observed: found?.observed ?? 0, expected: found?.expected ?? null };
  };
}

function percentile(values: readonly number[], of: number | 'median'): number {
  const sorted = [...values].sort(ascending);
  const count = sorted.length;
  if (of === 'median') return (sorted[Math.floor((count - 1) / 2)] + sorted[Math.floor(count / 2)]) / 2;
  // The smallest value that so many percent of all do not exceed.
  return sorted.find((value) => sorted.filter((v) => v <= value).length >= (of * count) / 100)!;
}

/** What each kind of measure is, in the fewest words. */
const models: { [Kind in MeasureSpec['kind']]?: (measure: Of<Kind>, frame: Frame) => Finding | null } = {
  count: (_, { values }) => ({ observed: values.length }),
  distinct: (_, { values }) => ({ observed: new Set(values).size }),
  sum: (_, { values }) => ({ observed: sum(values) }),
  average: (_, { values }) => ({ observed: sum(values) / values.length }),
  percentile: (measure, { values }) => ({ observed: percentile(values, measure.percentile) }),
};

function specOf(
  measure: MeasureSpec,
  times: Omit<MeasuredSpec, 'kind' | 'measure' | 'groupsMax' | 'eventsPerGroupMax'>,
) {
  return { kind: 'measured' as const, measure, ...times, groupsMax: 1000, eventsPerGroupMax: 1 << 16 };
}

const modelOf = (spec: MeasuredSpec): Condition =>
  conditionOf(spec, (frame) =>
    (models[spec.measure.kind] as (measure: MeasureSpec, frame: Frame) => Finding | null)(spec.measure, frame),
  );

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
const measureArbs: { [Kind in MeasureSpec['kind']]?: [fc.Arbitrary<MeasureSpec>, fc.Arbitrary<number>] } = {
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
};

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
          const spec = specOf(measure, times);
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
          const spec = specOf(measure, { ...times, latenessMs: 20 });
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
});
