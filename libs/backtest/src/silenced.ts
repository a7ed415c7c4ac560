import { alertsShownMax, groupKey, idOf } from './episodes.js';
import { type Mark, raisedOf } from './marks.js';
import type { PassChange } from './pass.js';
import type { LogReader } from './recorded-range.js';
import type { Silenced } from './report.js';
import { markedShownMax, type Ran } from './rule-report.js';
import { evidenceOf } from './shown-alerts.js';
import { plannedOf } from './tested-rules.js';

/** What becomes of a rule's alerts with an exception: `own` ran without it, `excepted` with it. */
export async function silencedOf(
  log: LogReader,
  id: string,
  { own, excepted, marks }: { own: Ran; excepted: Ran; marks: readonly Mark[] },
): Promise<Silenced> {
  const before = own.episodes.within(id);
  const left = counterparts(excepted.episodes.of(id));
  const known = counterparts(own.episodes.of(id));
  const lost = before.filter((change) => left(change) === undefined);
  const kept = before.filter((change) => left(change) !== undefined);
  const ours = marks.filter(({ ruleId }) => ruleId === id);
  const raised = raisedOf(ours, plannedOf(own.variant, id), own.episodes.of(id));
  const still = raisedOf(ours, plannedOf(excepted.variant, id), excepted.episodes.of(id));
  const verdicts = new Map(
    [...raised].flatMap(([{ verdict }, change]) => (change ? [[change, verdict] as const] : [])),
  );
  const marksLost = ours.filter((mark) => raised.get(mark) && !still.get(mark));
  const lostAs = (verdict: Mark['verdict']) => marksLost.filter((mark) => mark.verdict === verdict);
  const shown = async (changes: readonly PassChange[]) => {
    const alerts: Silenced['lostAlerts'] = [];
    for (const change of changes.slice(0, alertsShownMax)) {
      const { group } = await evidenceOf(log, change, 1);
      const openedAt = iso(change.view.openedAt);
      alerts.push({ id: idOf(change), group, openedAt, verdict: verdicts.get(change) ?? null });
    }
    return alerts;
  };
  return {
    lost: lost.length,
    kept: kept.length,
    changed: kept.filter((change) => !isAlike(change, left(change)!)).length,
    added: excepted.episodes.within(id).filter((change) => known(change) === undefined).length,
    truePositivesLost: lostAs('true-positive').length,
    falsePositivesLost: lostAs('false-positive').length,
    lostTruePositives: lostAs('true-positive')
      .slice(0, markedShownMax)
      .map(({ id: alert, group, openedAt }) => ({ id: alert, group: { ...group }, openedAt: iso(openedAt) })),
    lostAlerts: await shown(lost),
    keptAlerts: await shown(kept),
  };
}

/** Finds the episode about the same group at the same time, whatever it is called. */
function counterparts(episodes: readonly PassChange[]): (change: PassChange) => PassChange | undefined {
  const byGroup = Map.groupBy(episodes, ({ view }) => groupKey(view));
  return ({ view }) =>
    byGroup
      .get(groupKey(view))
      ?.find((other) => other.view.openedAt <= endOf(view) && endOf(other.view) >= view.openedAt);
}

const endOf = ({ closedAt, lastSeen }: PassChange['view']): number => closedAt ?? lastSeen;

function isAlike({ view: a }: PassChange, { view: b }: PassChange): boolean {
  return a.openedAt === b.openedAt && a.lastSeen === b.lastSeen && a.peak === b.peak && a.events === b.events;
}

const iso = (ms: number): string => new Date(ms).toISOString();
