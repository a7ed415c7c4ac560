import type { MeasureSpec } from './measures/make.js';

/**
 * What one window rule counts, and the limits it keeps.
 *
 * `count`: the condition holds while the window has at least `threshold` events; `distinct`: so many different values.
 * More events never end it, which makes these two simple and fast. `measured`: the condition is what `measure` says, and
 * an event may begin it or end it; `revisable`: entries come in any order and may be taken back, see `reviseEntries`.
 * `absence`: it holds while a group that was seen has no event.
 */
export type WindowRule = WindowTimes &
  (
    | { kind: 'count' | 'distinct'; threshold: number }
    | { kind: 'measured'; measure: MeasureSpec; revisable?: true }
    | { kind: 'absence' }
  );

export interface WindowTimes {
  /** Windows are (t − timespanMs, t]. */
  timespanMs: number;
  /** An event older than its group's newest by more than timespan + lateness is late: counted, and nothing else. */
  latenessMs: number;
  /** How long a group must stay below before its episode closes. */
  quietMs: number;
}

export interface WindowCaps {
  /** Groups kept at most; beyond it the one that was silent longest makes room. */
  groupsMax: number;
  /** Events kept for one group at most; beyond it the oldest go, and are counted as truncated. */
  eventsPerGroupMax: number;
}

export type WindowSpec = WindowRule & WindowCaps;

/** How a window is measured when it is looked at again. (Absence looks at the gaps between events.) */
export function measureOf(spec: WindowRule): MeasureSpec {
  if (spec.kind === 'measured') return spec.measure;
  return spec.kind === 'absence' ? { kind: 'count', limits: {} } : { kind: spec.kind, limits: { gte: spec.threshold } };
}

/** Does it matter what an event carries? */
export const keepsValues = (spec: WindowRule): boolean => spec.kind === 'distinct' || spec.kind === 'measured';

/** What limits pushed out since the store was made. */
export interface WindowCounters {
  late: number;
  evictedGroups: number;
  truncatedEvents: number;
}

/** Events to be counted, as columns. */
export interface WindowHits {
  count: number;
  /** 64-bit hash of the group, as two signed words. */
  groupLo: Int32Array;
  groupHi: Int32Array;
  /** Event times, ms. */
  times: Float64Array;
  /** When the log recorded the events, ms: an event that dates itself later does not move time beyond that. */
  recordedAt: Float64Array;
  /** Where events came from: opaque numbers of the caller's, one per event. */
  origins: Float64Array;
  /** What an event carries: a hash of up to 53 bits where values are told apart, a number where they are measured. */
  values: Float64Array;
  /** Where groups are part of larger ones: see `Parent`. */
  parents?: { lo: Int32Array; hi: Int32Array; values: Float64Array };
}

/** The larger group that a group is part of, and the value that it has there: of another rule, which counts this one's episodes. */
export interface Parent {
  lo: number;
  hi: number;
  value: number;
}
