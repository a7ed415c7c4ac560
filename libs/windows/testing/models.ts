import type { WindowSpec } from '../src/index.js';
import { type Limits, meets } from '../src/measure.js';
import type { MeasureSpec } from '../src/measures/make.js';
import { type Arrival, bruteForceOf, type Condition, outcomesOf } from './streams.js';

export type MeasuredSpec = Extract<WindowSpec, { kind: 'measured' }>;
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
    const window = known.filter(({ time, until = time }) => Math.min(until, upTo) > t - timespanMs);
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
const models: { [Kind in MeasureSpec['kind']]: (measure: Of<Kind>, frame: Frame) => Finding | null } = {
  count: (_, { values }) => ({ observed: values.length }),
  distinct: (_, { values }) => ({ observed: new Set(values).size }),
  sum: (_, { values }) => ({ observed: sum(values) }),
  average: (_, { values }) => ({ observed: sum(values) / values.length }),
  percentile: (measure, { values }) => ({ observed: percentile(values, measure.percentile) }),
  share: ({ limits }, { values }) => {
    const shares = values.map((value) => (100 * values.filter((v) => v === value).length) / values.length);
    const observed = Math.max(...shares.filter((share) => meets(limits, share)));
    return { observed, holds: observed > 0 };
  },
  ordered: ({ inputs }, frame) => ({ observed: longestChain(inputs, frame) }),
  ratio: ({ windowsMs, minimum, limits }, { known, t }) => {
    const shares = windowsMs.map((ms) => {
      const values = known.filter((e) => e.time > t - ms).flatMap((e) => e.values);
      const wholes = values.filter((value) => value === 1).length;
      return { part: values.length - wholes, wholes };
    });
    const holds = shares.every(({ part, wholes }) => {
      return wholes > 0 && wholes >= minimum && meets(limits, part / wholes);
    });
    const { part, wholes } = shares.at(-1)!;
    return { observed: part / Math.max(1, wholes), holds };
  },
  'first-seen': ({ historyMs }, { window, known }) => {
    const isNew = (time: number, value: number) =>
      !known.some((e) => e.values.includes(value) && e.time < time && e.time > time - historyMs);
    const news = window.flatMap((e) => e.values.filter((value) => isNew(e.time, value)));
    return { observed: new Set(news).size };
  },
  spike: spikeOf,
  anomaly: anomalyOf,
};

/** How many inputs have moments in the window that ascend with them; one that goes on has all from `time` to `until`. */
function longestChain(inputs: number, { window, upTo, t, timespanMs }: Frame): number {
  // By its length: when a chain of the inputs so far can end at the earliest.
  const ends = [t - timespanMs + 1];
  for (let input = 0; input < inputs; input++) {
    for (let length = ends.length; length > 0; length--) {
      for (const { time, until = time, values } of window) {
        const moment = Math.max(time, ends[length - 1]);
        if (!values.includes(input) || moment > Math.min(until, upTo)) continue;
        ends[length] = Math.min(ends[length] ?? moment, moment);
      }
    }
  }
  return ends.length - 1;
}

function spikeOf(measure: Of<'spike'>, { values, known, upTo, timespanMs }: Frame): Finding {
  const amountOf = (numbers: readonly number[]) => {
    if (measure.of.kind === 'count') return numbers.length;
    return measure.of.kind === 'sum' ? sum(numbers) : percentile(numbers, measure.of.percentile);
  };
  const observed = amountOf(values);
  const last = Math.floor(upTo / timespanMs) - 2;
  const amounts: number[] = [];
  for (let k = last - Math.max(1, Math.floor(measure.baselineMs / timespanMs)) + 1; k <= last; k++) {
    const stretch = known.filter((e) => Math.floor(e.time / timespanMs) === k);
    // A baseline begins when the group is first seen; a percentile of nothing there is none.
    if (stretch.length > 0) amounts.push(amountOf(stretch.flatMap((e) => e.values)));
    else if (amounts.length > 0 && measure.of.kind !== 'percentile') amounts.push(0);
  }
  if (amounts.length === 0) return { observed, holds: false };
  const mean = sum(amounts) / amounts.length;
  const deviation = Math.sqrt(sum(amounts.map((amount) => (amount - mean) ** 2)) / amounts.length);
  const { factor, deviations, minimum } = measure;
  const stands =
    (factor !== null && observed >= factor * mean) ||
    (deviations !== null && observed >= mean + deviations * deviation);
  return { observed, holds: observed >= minimum && observed > mean && stands, expected: mean };
}

const dayMs = 86_400_000;
const hourOf = (time: number) => Math.floor((time % dayMs) / 3_600_000);

/** Mean and variance, the newest value weighing 1/n and at least 1/64. */
function levelOf(values: readonly number[]): { mean: number; variance: number } {
  let [mean, variance] = [0, 0];
  for (const [i, value] of values.entries()) {
    const weight = 1 / Math.min(i + 1, 64);
    const off = value - mean;
    mean += weight * off;
    variance = (1 - weight) * (variance + weight * off * off);
  }
  return { mean, variance };
}

function anomalyOf({ deviations, minimum }: Of<'anomaly'>, { window, known }: Frame): Finding {
  const outliers = window.flatMap(({ time, values }) => {
    const before = known.filter((e) => e.time < time);
    const series = before.filter((e, i) => {
      // Thirty days of silence, and what went before is forgotten.
      const times = [...before.slice(i).map((later) => later.time), time];
      return times.every((at, k) => k === 0 || at - times[k - 1] <= 30 * dayMs) && e.time < time;
    });
    const valuesOf = (events: readonly Arrival[]) =>
      [...new Set(events.map((e) => e.time))].flatMap((at) =>
        events
          .filter((e) => e.time === at)
          .flatMap((e) => e.values)
          .sort(ascending),
      );
    const ofHour = valuesOf(series.filter((e) => hourOf(e.time) === hourOf(time)));
    const shown = ofHour.length >= minimum ? ofHour : valuesOf(series);
    if (shown.length < minimum) return [];
    const { mean, variance } = levelOf(shown);
    return values.flatMap((value) => {
      const off = Math.abs(value - mean);
      return off > 0 && off >= deviations * Math.sqrt(variance) ? [{ time, value, mean, off }] : [];
    });
  });
  const [last] = outliers.sort((a, b) => b.time - a.time || b.off - a.off || b.value - a.value);
  return { observed: last?.value ?? 0, holds: last !== undefined, expected: last?.mean ?? null };
}

/** What the condition of a measured window is, straight from the definitions. */
export const modelOf = (spec: MeasuredSpec): Condition =>
  conditionOf(spec, (frame) =>
    (models[spec.measure.kind] as (measure: MeasureSpec, frame: Frame) => Finding | null)(spec.measure, frame),
  );

/** Absence: from one timespan after an event until the next one. */
export const absences = (spec: WindowSpec, arrivals: readonly Arrival[]) =>
  bruteForceOf(spec, arrivals, (events) => {
    const times = events.map((e) => e.time).sort((a, b) => a - b);
    const silences = times.flatMap((time, i) => {
      const from = time + spec.timespanMs;
      return times[i + 1] > from ? [{ from, until: times[i + 1], observed: 0, expected: null }] : [];
    });
    return outcomesOf(spec, events, silences);
  });
