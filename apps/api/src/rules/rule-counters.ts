import Type, { type Static } from 'typebox';
import type { Correlation, RuleSet } from '#libs/sigma';

/** What a process has counted of rules since it started; maps by a rule's name. */
export interface RuleCounters {
  /** Events that rules were evaluated on. */
  matched: number;
  events: ReadonlyMap<string, number>;
  /** Seconds that evaluating took, by name of the detection. */
  seconds: ReadonlyMap<string, number>;
  groups: ReadonlyMap<string, number>;
  alerts: ReadonlyMap<string, number>;
}

export const Counters = Type.Object(
  {
    events: Type.Integer({ description: 'Events that it counted' }),
    groups: Type.Integer({ description: 'Groups in memory' }),
    alerts: Type.Integer({ description: 'Alerts that it opened' }),
    microsPerEvent: Type.Number({
      description: 'What evaluating it takes, spread over all events: from a sample; of a correlation, its detections',
    }),
  },
  { description: 'Of the process that answers, since it started' },
);

/** By name of the rule. */
export function countersOf(rules: RuleSet, counters: RuleCounters): (name: string) => Static<typeof Counters> {
  const { matched, events, seconds, groups, alerts } = counters;
  const correlations = new Map(rules.correlations.map((rule): [string, Correlation] => [rule.info.name, rule]));
  return (name) => {
    const names = correlations.get(name)?.detections.map(({ info }) => info.name) ?? [name];
    const spent = names.reduce((sum, detection) => sum + (seconds.get(detection) ?? 0), 0);
    return {
      events: events.get(name) ?? 0,
      groups: groups.get(name) ?? 0,
      alerts: alerts.get(name) ?? 0,
      microsPerEvent: matched === 0 ? 0 : Math.round((spent / matched) * 1e9) / 1e3,
    };
  };
}
