import { groupValues } from '#libs/detection';
import { idOf } from './episodes.js';
import { readEvidence } from './evidence.js';
import type { PassChange } from './pass.js';
import type { LogReader } from './recorded-range.js';
import type { ReportedAlert, RuleReport } from './report.js';
import { type Figures, headOf, markedShownMax, type Ran } from './rule-report.js';
import type { SeenGroups } from './seen-groups.js';
import { plannedOf, type TestedRule } from './tested-rules.js';

/** Events that the report shows as they are, of every alert. */
const eventsShownMax = 5;

/** A rule's part of the report, with what has to be read from the log for it. */
export async function describeRule(
  log: LogReader,
  rule: TestedRule,
  own: Ran,
  { shown, marked, top, ...figures }: Figures,
  { seen, ...found }: { seen: SeenGroups } & Pick<RuleReport, 'written' | 'silenced'>,
): Promise<RuleReport> {
  const { id, name, title, version, severity } = rule.info;
  const { timespan, condition } = headOf(own, id);
  const { events, ...groups } = seen.of(plannedOf(own.variant, id).map(({ hash }) => hash));
  const alerts: ReportedAlert[] = [];
  for (const change of shown) alerts.push(await shownAlert(log, change));
  const topGroups: RuleReport['topGroups'] = [];
  for (const { of, ...counts } of top) topGroups.push({ group: (await evidenceOf(log, of, 1)).group, ...counts });
  return {
    rule: { id, name, title, version, severity },
    timespan,
    condition: { ...condition },
    events,
    groups,
    ...figures,
    topGroups,
    alerts,
    marked: [...marked].slice(0, markedShownMax).map(([mark, change]) => ({
      id: mark.id,
      group: { ...mark.group },
      openedAt: iso(mark.openedAt),
      verdict: mark.verdict,
      raised: change !== null,
    })),
    ...found,
  };
}

async function shownAlert(log: LogReader, change: PassChange): Promise<ReportedAlert> {
  const { view } = change;
  const { group, evidence } = await evidenceOf(log, change, eventsShownMax);
  return {
    id: idOf(change),
    group,
    state: view.state === 'open' ? 'open' : 'closed',
    firstSeen: iso(view.firstSeen),
    openedAt: iso(view.openedAt),
    lastSeen: iso(view.lastSeen),
    closedAt: view.closedAt === null ? null : iso(view.closedAt),
    value: view.value,
    peak: view.peak,
    expected: view.expected,
    events: view.events,
    evidence,
  };
}

/** What an episode names of the log, its first events as they are; and its group, which hits carry as a hash only. */
export async function evidenceOf(
  log: LogReader,
  { plan, rule, view, windows }: PassChange,
  eventsMax: number,
): Promise<{ group: Record<string, string>; evidence: ReportedAlert['evidence'] }> {
  const references = view.evidence.map(({ time, origin }) => ({ ...windows.origin(origin), time: iso(time) }));
  const read = await readEvidence(log, references.slice(0, eventsMax));
  const groups = read.map(
    ({ topic, line }) => line && groupValues(plan, rule, view.groupLo, view.groupHi, topic, line),
  );
  const evidence = references.map((reference, i) => {
    const line = read[i]?.line ?? null;
    return line === null ? reference : { ...reference, event: JSON.parse(line.toString()) as Record<string, unknown> };
  });
  // Retention took its events while we read: the group is then known by its hash alone.
  return { group: groups.find((group) => group) ?? { '#': `${hex(view.groupHi)}${hex(view.groupLo)}` }, evidence };
}

const iso = (ms: number): string => new Date(ms).toISOString();
const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
