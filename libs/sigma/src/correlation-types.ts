import { type Detection, type RuleInfo } from './types.js';

export const sigmaKinds = [
  'event_count',
  'value_count',
  'temporal',
  'temporal_ordered',
  'value_sum',
  'value_avg',
  'value_percentile',
  'value_median',
] as const;
/** What Weir adds to Sigma. */
export const weirKinds = ['spike', 'absence', 'first_seen', 'ratio', 'anomaly'] as const;
export const correlationKinds = [...sigmaKinds, ...weirKinds] as const;
export type CorrelationKind = (typeof correlationKinds)[number];

/**
 * What a correlation is made of: events that match a detection, or the episodes of another correlation, each an event
 * when it opens. A detection is the one that has `matches`.
 */
export type CorrelationInput = Detection | Correlation;

/** A field that a correlation reads from its inputs; where it is may differ per input, by log source or by alias. */
export interface GroupField {
  /** As the correlation writes it: the field, or its alias. */
  name: string;
  /** Slot per detection. */
  slots: ReadonlyMap<Detection, number>;
  /** Per correlation among the inputs: the index in its `groupBy`. Empty unless correlations are chained. */
  groups: ReadonlyMap<Correlation, number>;
}

export const comparisons = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const;
/** Holds for a value when every comparison does; never contradictory. Empty: the kind's own default. */
export type Limits = Readonly<Partial<Record<(typeof comparisons)[number], number>>>;

/** What all kinds have. Windows are (t - timespanMs, t] in event time, one per group. */
interface CorrelationBase {
  info: RuleInfo;
  /** In the order of `rules:`. */
  inputs: readonly CorrelationInput[];
  /** The inputs that are detections. */
  detections: readonly Detection[];
  groupBy: readonly GroupField[];
  timespanMs: number;
  /** As written: `60s`; several joined by a comma. */
  timespan: string;
  /** The numbers of `condition:` as written: `{gte: 5}`. */
  condition: Readonly<Record<string, number>>;
  /** How long a group stays below before its alert closes; `timespanMs` when `quiet` is absent. */
  quietMs: number;
  /** False when only used by other correlations without `generate: true`. */
  alerting: boolean;
}

/** The number of events in the window meets the limits. */
export interface EventCount extends CorrelationBase {
  kind: 'event_count';
  limits: Limits;
  /** Fires at count >= threshold; null when the limits are more than a lower one. */
  threshold: number | null;
}

/** The number of different values (of several fields: of their combinations) in the window meets the limits. */
export interface ValueCount extends CorrelationBase {
  kind: 'value_count';
  limits: Limits;
  threshold: number | null;
  values: readonly GroupField[];
}

/** The number of inputs that occur in the window meets the limits (`{gte: inputs.length}` without a condition); `temporal_ordered`: in the order of `inputs`. */
export interface Temporal extends CorrelationBase {
  kind: 'temporal' | 'temporal_ordered';
  limits: Limits;
}

/** A statistic of a numeric field over the window meets the limits. */
export interface ValueStatistic extends CorrelationBase {
  kind: 'value_sum' | 'value_avg' | 'value_median' | 'value_percentile';
  limits: Limits;
  value: GroupField;
  /**
   * `value_percentile`: which percentile, above 0 and below 100. Null: as Sigma's own example has it, the limits are
   * for the percentage of the window's events that share one value of the field. Other kinds: null.
   */
  percentile: number | null;
}

export type SpikeMeasure =
  | { kind: 'count' }
  | { kind: 'sum'; value: GroupField }
  | { kind: 'percentile'; value: GroupField; percentile: number };

/** The measure over the window is `factor` times, or `deviations` standard deviations above, the group's own baseline, and at least `minimum`. */
export interface Spike extends CorrelationBase {
  kind: 'spike';
  measure: SpikeMeasure;
  baselineMs: number;
  /** At least one of both is given; either is enough to fire. */
  factor: number | null;
  deviations: number | null;
  minimum: number;
}

/** A group that was seen sends nothing for the timespan. */
export interface Absence extends CorrelationBase {
  kind: 'absence';
}

/** The number of values in the window that the group did not have within `historyMs` before meets the limits (`{gte: 1}` without). */
export interface FirstSeen extends CorrelationBase {
  kind: 'first_seen';
  limits: Limits;
  value: GroupField;
  historyMs: number;
}

/** The first input's count divided by the second's meets the limits in every window, and the second's is at least `minimum`. */
export interface Ratio extends CorrelationBase {
  kind: 'ratio';
  limits: Limits;
  minimum: number;
  /** Ascending; `timespanMs` is the longest. */
  windowsMs: readonly number[];
}

/** A numeric field is `deviations` away from what its series has shown, once that holds `minimum` values. */
export interface Anomaly extends CorrelationBase {
  kind: 'anomaly';
  value: GroupField;
  deviations: number;
  minimum: number;
}

/** A compiled correlation rule. */
export type Correlation =
  | EventCount
  | ValueCount
  | Temporal
  | ValueStatistic
  | Spike
  | Absence
  | FirstSeen
  | Ratio
  | Anomaly;

/** The detections whose events it counts, be it through other correlations; each once. */
export function detectionsWithin({ inputs }: Correlation): Detection[] {
  const all = inputs.flatMap((input) => ('matches' in input ? [input] : detectionsWithin(input)));
  return [...new Set(all)];
}
