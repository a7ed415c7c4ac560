import type { BacktestReport, RuleReport, Silenced } from '#libs/backtest';
import { count, printable, table } from '../terminal/table.js';
import { named, plural } from './backtest-text.js';

/** What GET /api/v1/alerts/{id}/exception answers. */
export interface Exception {
  alert: string;
  rule: string;
  events: number;
  affects: string[];
  proposed: number | null;
  candidates: {
    text: string;
    selections: { rule: string; fields: Record<string, string | number | boolean> }[];
    events: number;
    passes: boolean;
    said: string[];
  }[];
}

/** Alerts listed at most; `--json` has more. */
const listedMax = 20;

/** The candidates, and the text of the one that is chosen, by its index. */
export function exceptionText({ alert, rule, events, affects, candidates, proposed }: Exception, at: number): string {
  type Row = Exception['candidates'][number] & { number: number };
  const columns = [
    { title: '', value: ({ number }: Row) => number },
    { title: 'takes out', value: (row: Row) => `${count(row.events)} of ${count(events)}` },
    { title: 'fixture', value: ({ passes }: Row) => (passes ? 'passes' : 'fails') },
    { title: 'events with', value: ({ selections }: Row) => selections.map(selected).join('; ') },
  ];
  const { text, said, passes } = candidates[at];
  return [
    `${rule}, alert ${alert}: ${plural(events, 'event')}. From narrow to wide:`,
    table(
      columns,
      candidates.map((candidate, i) => ({ ...candidate, number: i + 1 })),
    ),
    ...(proposed === null ? ['The fixture passes with none of them: amend the rule itself.'] : []),
    ...(passes ? [] : said.map((reason) => `${at + 1}: ${printable(reason)}.`)),
    `Rules that count these events: ${affects.join(', ')}.`,
    '',
    `# ${at + 1}`,
    ...text.trimEnd().split('\n').map(printable),
  ].join('\n');
}

const selected = ({ rule, fields }: Exception['candidates'][number]['selections'][number]): string =>
  `${rule} ${named(fields)}`;

/** What an exception would silence, rule by rule. */
export function silencedText({ from, to, rules }: BacktestReport): string {
  if (from === null) return 'The log holds no events that these rules look at.';
  return [`With it, ${from} to ${to ?? 'now'}:`, ...rules.map(({ rule, silenced }) => ruleText(rule, silenced!))].join(
    '\n',
  );
}

function ruleText({ name }: RuleReport['rule'], silenced: Silenced): string {
  const { lost, kept, changed, added, truePositivesLost, falsePositivesLost, lostTruePositives, lostAlerts } = silenced;
  const marked = falsePositivesLost > 0 ? ` (${count(falsePositivesLost)} marked as false positives)` : '';
  const more = lost - Math.min(lostAlerts.length, listedMax);
  return [
    `${name}: ${plural(lost, 'alert')} lost${marked}, ${count(kept)} kept, ${count(changed)} of them changed; ${count(added)} added.`,
    ...(truePositivesLost > 0 ? [`  WARNING: ${plural(truePositivesLost, 'true positive')} would be lost:`] : []),
    ...lostTruePositives.map(({ id, group, openedAt }) => `  ! ${id} of ${printable(named(group))}, ${openedAt}`),
    ...lostAlerts
      .slice(0, listedMax)
      .filter(({ verdict }) => verdict !== 'true-positive')
      .map(({ id, group, openedAt }) => `  - ${id} of ${printable(named(group))}, ${openedAt}`),
    ...(more > 0 ? [`  … and ${plural(more, 'more alert')}`] : []),
  ].join('\n');
}
