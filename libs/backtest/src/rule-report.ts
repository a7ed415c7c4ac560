import type { PlannedRule } from '#libs/detection';
import { alertsShownMax, type Episodes, groupKey } from './episodes.js';
import { isLower } from './limit.js';
import { type Mark, raisedOf, verdictsOf } from './marks.js';
import type { PassChange } from './pass.js';
import { type Peak, propose } from './proposal.js';
import type { Outcome, RuleReport } from './report.js';
import { plannedOf, type TestedRule, type Variant } from './tested-rules.js';

const dayMs = 86_400_000;
const topGroupsMax = 10;
export const markedShownMax = 100;

/** What one variant gave. */
export interface Ran {
  variant: Variant;
  episodes: Episodes;
  /** It was stopped, as there were too many alerts. */
  isStopped: boolean;
}

/** Event times, ms. */
export interface Range {
  fromMs: number;
  untilMs: number;
}

/** What a report says of a rule, but for what has to be read from the log. */
export type Figures = Pick<RuleReport, 'outcome' | 'days' | 'curve' | 'proposal'> & {
  shown: readonly PassChange[];
  marked: ReadonlyMap<Mark, PassChange | null>;
  top: readonly { of: PassChange; alerts: number; peak: number; events: number }[];
};

export function figuresOf(rule: TestedRule, ran: readonly Ran[], marks: readonly Mark[], range: Range): Figures {
  const { id } = rule.info;
  const ours = marks.filter(({ ruleId }) => ruleId === id);
  const outcomes = ran.flatMap((each, i) => {
    if (!each.variant.limits.has(id)) return [];
    return [{ each, outcome: outcomeOf(id, each, i === 0, raised(id, each, ours), range) }];
  });
  const [own] = outcomes;
  const curve = rule.limit === null ? [] : outcomes.map(({ outcome }) => outcome);
  curve.sort((a, b) => a.threshold! - b.threshold!);
  const marked = raised(id, own.each, ours);
  const alerts = own.each.episodes.within(id);
  // The limit that lets most groups through shows most of what they reached.
  const lowest = rule.limit && isLower(rule.limit) ? curve.find(({ isAtLeast }) => !isAtLeast) : undefined;
  const widest = outcomes.find(({ outcome }) => outcome === lowest)?.each ?? own.each;
  return {
    outcome: own.outcome,
    days: daysOf(alerts, range),
    curve,
    proposal: propose(rule.limit, peaksOf(widest.episodes.within(id), raised(id, widest, ours))),
    shown: alerts.slice(0, alertsShownMax),
    marked,
    top: topOf(alerts),
  };
}

const raised = (id: string, { variant, episodes }: Ran, marks: readonly Mark[]) =>
  raisedOf(marks, plannedOf(variant, id), episodes.of(id));

function outcomeOf(
  id: string,
  { variant, episodes, isStopped }: Ran,
  isOwn: boolean,
  marked: ReadonlyMap<Mark, PassChange | null>,
  range: Range,
): Outcome {
  const alerts = episodes.within(id);
  const days = daysIn(range);
  const underWay = daysOf(alerts, range).reduce((sum, day) => sum + day.episodes, 0);
  return {
    threshold: variant.limits.get(id)!,
    isOwn,
    alerts: alerts.length,
    isAtLeast: isStopped,
    groups: new Set(alerts.map(({ view }) => groupKey(view))).size,
    alertsPerDay: alerts.length / days,
    episodesPerDay: underWay / days,
    verdicts: verdictsOf(marked),
  };
}

/** At least one: an hour's alerts are not multiplied. */
const daysIn = ({ fromMs, untilMs }: Range): number => Math.max(1, (untilMs - fromMs) / dayMs) || 1;

function daysOf(alerts: readonly PassChange[], { untilMs }: Range): RuleReport['days'] {
  const days = new Map<number, { alerts: number; episodes: number }>();
  const at = (day: number) => days.get(day) ?? days.set(day, { alerts: 0, episodes: 0 }).get(day)!;
  for (const { view } of alerts) {
    const first = Math.floor(view.openedAt / dayMs);
    const last = Math.floor(Math.min(view.closedAt ?? untilMs, untilMs) / dayMs);
    at(first).alerts++;
    for (let day = first; day <= Math.max(first, last); day++) at(day).episodes++;
  }
  const named = [...days].sort(([a], [b]) => a - b);
  return named.map(([day, counts]) => ({ day: new Date(day * dayMs).toISOString().slice(0, 10), ...counts }));
}

function topOf(alerts: readonly PassChange[]): Figures['top'] {
  return [...Map.groupBy(alerts, ({ rule, view }) => `${rule.hash}/${groupKey(view)}`).values()]
    .map((all) => ({
      of: all[0],
      alerts: all.length,
      peak: Math.max(...all.map(({ view }) => view.peak)),
      events: all.reduce((sum, { view }) => sum + view.events, 0),
    }))
    .sort((a, b) => b.alerts - a.alerts || b.peak - a.peak)
    .slice(0, topGroupsMax);
}

/** The most that each group reached. */
function peaksOf(alerts: readonly PassChange[], marked: ReadonlyMap<Mark, PassChange | null>): Peak[] {
  const verdicts = new Map<PassChange, Mark['verdict']>();
  for (const [{ verdict }, change] of marked) if (change !== null) verdicts.set(change, verdict);
  return [...Map.groupBy(alerts, ({ view }) => groupKey(view)).values()].map((all) => {
    const said = all.map((change) => verdicts.get(change));
    const verdict = said.includes('true-positive') ? 'true-positive' : (said.find((each) => each) ?? null);
    return { value: all.reduce((most, { view }) => Math.max(most, view.peak), -Infinity), verdict };
  });
}

/** The rule that says what the report's head says. */
export const headOf = (ran: Ran, id: string): PlannedRule => plannedOf(ran.variant, id)[0];
