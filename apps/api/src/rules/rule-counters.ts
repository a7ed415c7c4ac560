import Type, { type Static } from 'typebox';
import { type Correlation, detectionsWithin, type RuleSet } from '#libs/sigma';

/** What a process has counted of rules since it started; maps by a rule's name. */
export interface RuleCounters {
  /** Events that rules were evaluated on. */
  matched: number;
  events: ReadonlyMap<string, number>;
  /** Seconds that evaluating took, by name of the detection. */
  seconds: ReadonlyMap<string, number>;
  groups: ReadonlyMap<string, number>;
  alerts: ReadonlyMap<string, number>;
  /** What its limits pushed out, or came too late. */
  late: ReadonlyMap<string, number>;
  evictedGroups: ReadonlyMap<string, number>;
  truncatedEvents: ReadonlyMap<string, number>;
}

export const Counters = Type.Object(
  {
    events: Type.Integer({ description: 'Events that it counted' }),
    groups: Type.Integer({ description: 'Groups in memory' }),
    alerts: Type.Integer({ description: 'Alerts that it opened' }),
    late: Type.Integer({ description: 'Events older than the allowed lateness, which open nothing' }),
    evictedGroups: Type.Integer({ description: 'Groups that left before their time, because it had reached its cap' }),
    truncatedEvents: Type.Integer({
      description: 'Events let go before their time, because their group had reached its cap',
    }),
    microsPerEvent: Type.Number({
      description: 'What evaluating it takes, spread over all events: from a sample; of a correlation, its detections',
    }),
  },
  { description: 'Of the process that answers, since it started' },
);

/** By name of the rule. */
export function countersOf(rules: RuleSet, counters: RuleCounters): (name: string) => Static<typeof Counters> {
  const { matched, events, seconds, groups, alerts, late, evictedGroups, truncatedEvents } = counters;
  const correlations = new Map(rules.correlations.map((rule): [string, Correlation] => [rule.info.name, rule]));
  return (name) => {
    const correlation = correlations.get(name);
    const names = correlation ? detectionsWithin(correlation).map(({ info }) => info.name) : [name];
    const spent = names.reduce((sum, detection) => sum + (seconds.get(detection) ?? 0), 0);
    return {
      events: events.get(name) ?? 0,
      groups: groups.get(name) ?? 0,
      alerts: alerts.get(name) ?? 0,
      late: late.get(name) ?? 0,
      evictedGroups: evictedGroups.get(name) ?? 0,
      truncatedEvents: truncatedEvents.get(name) ?? 0,
      microsPerEvent: matched === 0 ? 0 : Math.round((spent / matched) * 1e9) / 1e3,
    };
  };
}
