/**
 * Every metric of Weir's own, in the order in which an event meets them. Durations are seconds, sizes are bytes.
 * Beside these, `/metrics` has prom-client's defaults for the process (`process_*`, `nodejs_*`).
 */
export const metricTable = {
  // Taking it in.
  weir_ingest_events_total: {
    type: 'counter',
    help: 'Events offered, by how they came (stream) and what became of them (accepted, rejected)',
    labels: ['stream', 'outcome'],
  },
  weir_ingest_request_seconds: {
    type: 'histogram',
    help: 'From the first byte of an ingest request to its answer, the durable append included',
    labels: [],
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5],
  },
  weir_dead_letters_total: {
    type: 'counter',
    help: 'Records put aside in weir.dead-letters, by reason',
    labels: ['reason'],
  },
  // The log.
  weir_log_append_seconds: {
    type: 'histogram',
    help: 'From append to durable',
    labels: [],
    buckets: [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1],
  },
  weir_log_bytes: { type: 'gauge', help: 'Bytes of a topic on disk', labels: ['topic'] },
  // Matching.
  weir_match_events_total: { type: 'counter', help: 'Events that rules were evaluated on', labels: [] },
  weir_match_duplicates_total: {
    type: 'counter',
    help: 'Events dropped because the same source and id came before, within the horizon',
    labels: [],
  },
  weir_match_capped_hits_total: {
    type: 'counter',
    help: 'Hits dropped because one event had more than 10,000 of a rule',
    labels: ['rule'],
  },
  weir_match_evicted_identities_total: {
    type: 'counter',
    help: 'Identities forgotten before the horizon, because a partition had more: their repeats count again',
    labels: [],
  },
  weir_match_dispatch_seconds_total: {
    type: 'counter',
    help: 'Seconds that finding out which rules an event may match took, from a sample of events',
    labels: [],
  },
  weir_match_rule_hits_total: { type: 'counter', help: 'Hits that went on to a window', labels: ['rule'] },
  weir_match_rule_seconds_total: {
    type: 'counter',
    help: 'Seconds that evaluating took where an event might match, from a sample of events',
    labels: ['rule'],
  },
  // Windows.
  weir_window_entries_total: { type: 'counter', help: 'Entries applied to windows', labels: [] },
  weir_window_late_total: { type: 'counter', help: 'Entries older than the allowed lateness', labels: ['rule'] },
  weir_window_orphaned_total: { type: 'counter', help: 'Entries of rules that had gone or changed', labels: [] },
  weir_window_hurried_total: {
    type: 'counter',
    help: 'Entries that could not wait for all matching processes, because a million waited',
    labels: [],
  },
  weir_window_evicted_groups_total: {
    type: 'counter',
    help: 'Groups that left before their time, because a rule had reached its cap',
    labels: ['rule'],
  },
  weir_window_truncated_events_total: {
    type: 'counter',
    help: 'Events that a window let go before their time, because their group had reached its cap',
    labels: ['rule'],
  },
  weir_window_groups: { type: 'gauge', help: 'Groups in memory', labels: ['rule'] },
  weir_alerts_total: {
    type: 'counter',
    help: 'Alert transitions written (open, update, close, merge)',
    labels: ['rule', 'transition'],
  },
  // Feeds.
  weir_feed_deliveries_total: {
    type: 'counter',
    help: 'References to shares that were put into inboxes',
    labels: [],
  },
  // Notifications.
  weir_notify_transitions_total: {
    type: 'counter',
    help: 'Transitions of alerts put into the outbox (opened, updated, closed, merged)',
    labels: ['target', 'transition'],
  },
  weir_notify_deliveries_total: {
    type: 'counter',
    help: 'Attempts to deliver a message (delivered, failed and tried again, dead after 24 h)',
    labels: ['target', 'outcome'],
  },
  weir_notify_delivery_seconds: {
    type: 'histogram',
    help: 'How long an attempt took, whatever came of it',
    labels: [],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10],
  },
  weir_notify_waiting: { type: 'gauge', help: 'Transitions that wait to be delivered', labels: ['target'] },
  // Blocking.
  weir_bouncer_decisions: { type: 'gauge', help: 'Decisions in memory, for bouncers that ask', labels: [] },
  weir_bouncer_decisions_left_out: {
    type: 'gauge',
    help: 'Decisions that no bouncer is told of, because there are a million others',
    labels: [],
  },
  // Consumers.
  weir_consumer_lag_records: {
    type: 'gauge',
    help: 'Records between a group and the end of a partition',
    labels: ['group', 'topic', 'partition'],
  },
  weir_consumer_lag_seconds: {
    type: 'gauge',
    help: 'Age of the oldest record that a group has not processed',
    labels: ['group', 'topic', 'partition'],
  },
  weir_consumer_skipped_records_total: {
    type: 'counter',
    help: 'Records that a group never got to read, by why: retention deleted them (LOG_OFFSET_EXPIRED), or their bytes are damaged (LOG_CORRUPT)',
    labels: ['group', 'topic', 'reason'],
  },
} as const satisfies Record<string, MetricDefinition>;

export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram. */
  readonly buckets?: readonly number[];
}
