import { groupHash, type PlannedRule } from '#libs/detection';
import { groupKey } from './episodes.js';
import type { PassChange } from './pass.js';
import type { Verdicts } from './report.js';

/** An alert that somebody marked. Instants are event times, ms. */
export interface Mark {
  id: string;
  ruleId: string;
  group: Readonly<Record<string, unknown>>;
  openedAt: number;
  /** When it was over, or as far as it is known. */
  untilMs: number;
  verdict: 'true-positive' | 'false-positive';
}

/** Which of a rule's marked alerts these episodes are: the same group at the same time, whatever they are called. */
export function raisedOf(
  marks: readonly Mark[],
  planned: readonly PlannedRule[],
  episodes: readonly PassChange[],
): Map<Mark, PassChange | null> {
  const byGroup = Map.groupBy(episodes, ({ view }) => groupKey(view));
  const raised = new Map<Mark, PassChange | null>();
  for (const mark of marks) {
    const ours = planned.flatMap((rule) => byGroup.get(groupKey(groupHash(rule, mark.group))) ?? []);
    const isThen = ({ view }: PassChange) =>
      view.openedAt <= mark.untilMs && (view.closedAt ?? view.lastSeen) >= mark.openedAt;
    raised.set(mark, ours.find(isThen) ?? null);
  }
  return raised;
}

export function verdictsOf(raised: ReadonlyMap<Mark, PassChange | null>): Verdicts {
  const count = (verdict: Mark['verdict']) => {
    const marked = [...raised].filter(([mark]) => mark.verdict === verdict);
    return { marked: marked.length, raised: marked.filter(([, change]) => change !== null).length };
  };
  const truePositives = count('true-positive');
  const falsePositives = count('false-positive');
  const all = truePositives.raised + falsePositives.raised;
  return { truePositives, falsePositives, precision: all === 0 ? null : truePositives.raised / all };
}
