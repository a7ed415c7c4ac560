import type { CountedMetric, MetricName, Metrics } from '#libs/telemetry';
import type { RuleCounters } from '../../../../api/src/index.js';

type Labels = CountedMetric['values'][number]['labels'];

/** What this process has counted of rules since it started, by name: as `/metrics` has it. */
export async function ruleCounters(metrics: Metrics): Promise<RuleCounters> {
  const counted = await metrics.counted();
  const valuesOf = (name: MetricName) => counted.find((metric) => metric.name === name)?.values ?? [];
  const byRule = (name: MetricName, counts: (labels: Labels) => boolean = () => true) =>
    new Map(
      valuesOf(name).flatMap(({ labels, value }) => (counts(labels) ? [[String(labels.rule), value] as const] : [])),
    );
  return {
    matched: valuesOf('weir_match_events_total')[0]?.value ?? 0,
    events: byRule('weir_match_rule_hits_total'),
    seconds: byRule('weir_match_rule_seconds_total'),
    groups: byRule('weir_window_groups'),
    alerts: byRule('weir_alerts_total', ({ transition }) => transition === 'open'),
    late: byRule('weir_window_late_total'),
    evictedGroups: byRule('weir_window_evicted_groups_total'),
    truncatedEvents: byRule('weir_window_truncated_events_total'),
  };
}
