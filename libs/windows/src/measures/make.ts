import type { Limits, Measure, Memory } from '../measure.js';
import { AnomalyMeasure, type AnomalySpec, SeriesLevels, seriesMemoryMs } from './anomaly.js';
import { CountMeasure, DistinctMeasure } from './count.js';
import { FirstSeenMeasure, SeenValues } from './first-seen.js';
import { OrderedMeasure } from './ordered.js';
import { PercentileMeasure } from './percentile.js';
import { RatioMeasure } from './ratio.js';
import { ShareMeasure } from './share.js';
import { Baseline, SpikeMeasure, type SpikeSpec } from './spike.js';
import { SumMeasure } from './sum.js';

/** What a window can be measured by. */
export type MeasureSpec =
  | { kind: 'count'; limits: Limits }
  | { kind: 'distinct'; limits: Limits }
  | { kind: 'sum' | 'average'; limits: Limits }
  | { kind: 'percentile'; percentile: number | 'median'; limits: Limits }
  | { kind: 'share'; limits: Limits }
  | { kind: 'ordered'; inputs: number; limits: Limits }
  | { kind: 'ratio'; windowsMs: readonly number[]; minimum: number; limits: Limits }
  | { kind: 'first-seen'; historyMs: number; limits: Limits }
  | ({ kind: 'spike' } & SpikeSpec)
  | ({ kind: 'anomaly' } & AnomalySpec);

/** How long a group's memory matters after its newest event, ms; 0: it needs none. */
export function memoryMsOf(spec: MeasureSpec, timespanMs: number): number {
  if (spec.kind === 'first-seen') return spec.historyMs;
  if (spec.kind === 'spike') return spec.baselineMs + 3 * timespanMs;
  return spec.kind === 'anomaly' ? seriesMemoryMs : 0;
}

/** A measure of nothing yet. `numbers`: of the memory to begin with. `forgotten` is called for what a limit pushes out of it. */
export function makeMeasure(
  spec: MeasureSpec,
  timespanMs: number,
  numbers: readonly number[],
  forgotten: () => void,
): Measure {
  switch (spec.kind) {
    case 'count':
      return new CountMeasure(spec.limits);
    case 'distinct':
      return new DistinctMeasure(spec.limits);
    case 'sum':
    case 'average':
      return new SumMeasure(spec.kind, spec.limits);
    case 'percentile':
      return new PercentileMeasure(spec.percentile, spec.limits);
    case 'share':
      return new ShareMeasure(spec.limits);
    case 'ordered':
      return new OrderedMeasure(spec.inputs, timespanMs, spec.limits);
    case 'ratio':
      return new RatioMeasure(spec.windowsMs, spec.minimum, spec.limits);
    case 'first-seen':
      return new FirstSeenMeasure(new SeenValues(spec.historyMs, numbers, forgotten), spec.limits);
    case 'spike':
      return new SpikeMeasure(spec, timespanMs, new Baseline(spec, timespanMs, numbers));
    case 'anomaly':
      return new AnomalyMeasure(spec, new SeriesLevels(numbers));
  }
}

/** The memory of what is no longer kept, to fold events into. */
export function makeMemory(spec: MeasureSpec, timespanMs: number, numbers: readonly number[]): Memory {
  switch (spec.kind) {
    case 'first-seen':
      return new SeenValues(spec.historyMs, numbers, () => {});
    case 'spike':
      return new Baseline(spec, timespanMs, numbers);
    case 'anomaly':
      return new SeriesLevels(numbers);
    default:
      throw new TypeError(`A window measured by ${spec.kind} has no memory`);
  }
}
