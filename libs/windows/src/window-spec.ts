/** What one window rule counts, and the limits it keeps. */
export interface WindowSpec {
  /** `count`: events. `distinct`: different values among them. */
  kind: 'count' | 'distinct';
  /** Windows are (t − timespanMs, t]. */
  timespanMs: number;
  /** An event older than its group's newest by more than timespan + lateness is late: counted, and nothing else. */
  latenessMs: number;
  /** How long a group must stay below before its episode closes. */
  quietMs: number;
  /** The condition holds while the window has at least so many. */
  threshold: number;
  /** Groups kept at most; beyond it the one that was silent longest makes room. */
  groupsMax: number;
  /** Events kept for one group at most; beyond it the oldest go, and are counted as truncated. */
  eventsPerGroupMax: number;
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
  /** Which value an event carries (a hash of up to 53 bits); matters to distinct counts only. */
  values: Float64Array;
}
