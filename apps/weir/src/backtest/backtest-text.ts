import type { BacktestReport, RuleReport } from '#libs/backtest';
import { count, printable, table } from '../terminal/table.js';

/** Alerts listed at most; `--json` has more. */
const listedMax = 20;

/** A report as a person reads it. */
export function backtestText(report: BacktestReport): string {
  const { from, to, events, seconds, lost, rules } = report;
  if (from === null) return 'The log holds no events that these rules look at.';
  const rate = seconds > 0 ? ` (${count(events / seconds)}/s)` : '';
  const head = [`${from} to ${to ?? 'now'}: ${count(events)} events read in ${seconds.toFixed(1)} s${rate}.`];
  for (const { topic, partition, from: first, to: next, reason } of lost)
    head.push(`Could not be read: ${topic}/${partition}, offsets ${first} to ${next - 1} (${reason}).`);
  return [head.join('\n'), ...rules.map(ruleText)].join('\n\n');
}

function ruleText(rule: RuleReport): string {
  const { outcome, groups, events, written } = rule;
  const seen = `${groups.isAtLeast ? 'more than ' : ''}${plural(groups.seen, 'group')}`;
  const parts = [
    `${rule.rule.name} (version ${rule.rule.version}, ${rule.rule.severity}): ${printable(rule.rule.title)}`,
    `${limits(rule)} in ${rule.timespan}; ${plural(events, 'event')} of ${seen} counted.`,
    `${plural(outcome.alerts, 'alert')} of ${plural(outcome.groups, 'group')}: ${rate(outcome.alertsPerDay)} a day, ${rate(outcome.episodesPerDay)} under way on a day.`,
  ];
  parts.push(...verdictLines(rule));
  if (written) {
    const known =
      written.known > 0 ? `; ${count(written.known)} left out, as there is an alert about the group at the time` : '';
    parts.push(`${plural(written.alerts, 'alert')} written to the log, marked as raised afterwards${known}.`);
  }
  const tables = [curveText(rule), dayText(rule), groupText(rule), alertText(rule)].filter((text) => text !== '');
  return [parts.join('\n'), ...tables].join('\n\n');
}

function verdictLines({ outcome, marked }: RuleReport): string[] {
  const { truePositives: yes, falsePositives: no, precision } = outcome.verdicts;
  if (yes.marked + no.marked === 0) return [];
  const of = precision === null ? 'none raised' : `precision ${percent(precision)}`;
  const lines = [
    `Marked by people: ${yes.raised} of ${yes.marked} true positives raised, ${no.raised} of ${no.marked} false positives (${of}).`,
  ];
  const lost = marked.filter(({ verdict, raised }) => verdict === 'true-positive' && !raised);
  for (const { id, group, openedAt } of lost)
    lines.push(`  not raised any more: ${id} of ${named(group)}, ${openedAt}, a true positive`);
  return lines;
}

function curveText({ curve, proposal }: RuleReport): string {
  const hasMarks = curve.some(({ verdicts: v }) => v.truePositives.marked + v.falsePositives.marked > 0);
  type Row = RuleReport['curve'][number];
  const marks = [
    { title: 'true', value: ({ verdicts: { truePositives: v } }: Row) => `${v.raised} of ${v.marked}` },
    { title: 'false', value: ({ verdicts: { falsePositives: v } }: Row) => `${v.raised} of ${v.marked}` },
  ];
  const columns = [
    { title: 'limit', value: ({ threshold }: Row) => threshold },
    { title: 'groups', value: ({ groups }: Row) => groups },
    { title: 'alerts', value: ({ alerts, isAtLeast }: Row) => (isAtLeast ? `more than ${count(alerts)}` : alerts) },
    { title: 'a day', value: ({ alertsPerDay }: Row) => rate(alertsPerDay) },
    ...(hasMarks ? marks : []),
    { title: '', value: ({ isOwn }: Row) => (isOwn ? '← the rule' : '') },
  ];
  const proposed = proposal.threshold === null ? 'No limit is proposed' : `Proposed limit: ${proposal.threshold}`;
  const said = `${proposed}. ${proposal.reason}.`;
  return curve.length === 0 ? said : `${table(columns, curve)}\n${said}`;
}

function dayText({ days }: RuleReport): string {
  if (days.length === 0) return '';
  const columns = [
    { title: 'day', value: (row: (typeof days)[number]) => row.day },
    { title: 'alerts', value: (row: (typeof days)[number]) => row.alerts },
    { title: 'under way', value: (row: (typeof days)[number]) => row.episodes },
  ];
  return table(columns, days);
}

function groupText({ topGroups }: RuleReport): string {
  if (topGroups.length === 0) return '';
  type Row = (typeof topGroups)[number];
  const columns = [
    { title: 'group', value: ({ group }: Row) => named(group) },
    { title: 'alerts', value: ({ alerts }: Row) => alerts },
    { title: 'peak', value: ({ peak }: Row) => peak },
    { title: 'events', value: ({ events }: Row) => events },
  ];
  return table(columns, topGroups);
}

function alertText({ alerts, outcome }: RuleReport): string {
  if (alerts.length === 0) return '';
  type Row = (typeof alerts)[number];
  const columns = [
    { title: 'opened', value: ({ openedAt }: Row) => openedAt },
    { title: 'group', value: ({ group }: Row) => named(group) },
    { title: 'state', value: ({ state }: Row) => state },
    { title: 'peak', value: ({ peak }: Row) => peak },
    { title: 'events', value: ({ events }: Row) => events },
    {
      title: 'first event',
      value: ({ evidence: [first] }: Row) => first && `${first.topic}/${first.partition}:${first.offset}`,
    },
  ];
  const more = outcome.alerts - Math.min(alerts.length, listedMax);
  const rest = more > 0 ? `\n… and ${plural(more, 'more alert')}` : '';
  return `${table(columns, alerts.slice(0, listedMax))}${rest}`;
}

function limits({ condition }: RuleReport): string {
  return (
    Object.entries(condition)
      .map(([name, value]) => `${name} ${value}`)
      .join(' and ') || 'Silence'
  );
}

export const named = (group: Readonly<Record<string, unknown>>): string =>
  Object.entries(group)
    .map(([field, value]) => `${field} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
const rate = (value: number): string => (value >= 100 ? count(value) : Number(value.toPrecision(2)).toString());
const percent = (share: number): string => `${Math.round(share * 100)} %`;
export const plural = (n: number, what: string): string => `${count(n)} ${what}${n === 1 ? '' : 's'}`;
