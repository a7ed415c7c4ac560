import type { MeasureSpec } from './measures/make.js';

/**
 * What one window rule counts, and the limits it keeps.
 *
 * `count`: the condition holds while the window has at least `threshold` events; `distinct`: so many different values.
 * More events never end it, which makes these two simple and fast. `measured`: the condition is what `measure` says, and
 * an event may begin it or end it; `revisable`: entries come in any order and may be taken back, see `reviseEntries`,
 * and a group stays for `neededMs` after its newest event at least: for so long entries may still come to it. Two entries
 * of one slice, from a multiple of `entrySliceMs` to the next, may be the beginning and the end of one thing; 0: none are.
 * `absence`: it holds while a group that was seen has no event.
 */
export type WindowRule = WindowTimes &
  (
    | { kind: 'count' | 'distinct'; threshold: number }
    | { kind: 'measured'; measure: MeasureSpec; revisable?: { neededMs: number; entrySliceMs: number } }
    | { kind: 'absence' }
  );

export interface WindowTimes {
  /** Windows are (t − timespanMs, t]. */
  timespanMs: number;
  /** An event older than its group's newest by more than timespan + lateness is late: counted, and nothing else. */
  latenessMs: number;
  /** How long a group must stay below before its episode closes. */
  quietMs: number;
  /** Another rule asks whether the condition held: it is told of the first and the last event of every slice so long. Absent: of openings. */
  fireSliceMs?: number;
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

export const entrySliceMsOf = (spec: WindowRule): number =>
  spec.kind === 'measured' ? (spec.revisable?.entrySliceMs ?? 0) : 0;

/** How far back from its newest event a group's events are kept: what a late event's windows can still reach. */
export function keepMsOf(spec: WindowRule): number {
  // A silence begins one timespan after an event, which is no longer in the window then.
  const more = spec.kind === 'absence' ? 1 : entrySliceMsOf(spec);
  // Where a fire is taken back its slice may end with an earlier one, which is proven by the window that ends there.
  return 2 * spec.timespanMs + spec.latenessMs + more + (spec.fireSliceMs ?? 0);
}

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
