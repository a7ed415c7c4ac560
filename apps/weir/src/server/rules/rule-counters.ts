import type { Metrics } from '#libs/telemetry';
import type { RuleCounters } from '../../../../api/src/index.js';

/** What this process has counted of rules since it started, by name: as `/metrics` has it. */
export async function ruleCounters(metrics: Metrics): Promise<RuleCounters> {
  const { weir_match_rule_hits_total, weir_match_rule_seconds_total, weir_window_groups, weir_alerts_total } = metrics;
  const [events, seconds, groups, alerts, total] = await Promise.all([
    byRule(weir_match_rule_hits_total.get()),
    byRule(weir_match_rule_seconds_total.get()),
    byRule(weir_window_groups.get()),
    byRule(weir_alerts_total.get(), ({ transition }) => transition === 'open'),
    metrics.weir_match_events_total.get(),
  ]);
  return { matched: total.values[0]?.value ?? 0, events, seconds, groups, alerts };
}

interface Values {
  values: { value: number; labels: Partial<Record<string, string | number>> }[];
}

async function byRule(
  metric: Promise<Values>,
  counts: (labels: Partial<Record<string, string | number>>) => boolean = () => true,
): Promise<Map<string, number>> {
  const { values } = await metric;
  return new Map(
    values.filter(({ labels }) => counts(labels)).map(({ labels, value }) => [String(labels.rule), value]),
  );
}
