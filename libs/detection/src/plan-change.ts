import { changeCondition, type EpisodeView, type WindowRule, type WindowSpec, type WindowStore } from '#libs/windows';
import type { Meaning, PlannedRule } from './plan.js';

/** What became of a rule's windows when another plan took over. */
export interface RuleChange {
  rule: { id: string; name: string };
  /** `kept`: changed, and its windows go on; `reset`: its windows start afresh, and alerts that were open are closed. */
  kind: 'added' | 'removed' | 'kept' | 'reset';
  /** In words: what changed and what that means for what was counted so far. */
  reason: string;
}

/** A rule as the state that was kept for it remembers it. */
export interface RuleBefore {
  info: { id: string; name: string };
  meaning: Meaning;
  spec: WindowRule;
}

const partsInWords: Readonly<Record<keyof Meaning, string>> = {
  grouping: 'what it groups by',
  measure: 'what it measures',
  timespan: 'its timespan',
  lateness: 'how late an event may be',
  events: 'which events it counts',
};

/** Null: nothing that matters to windows is another. */
export function changeOf(before: RuleBefore, after: PlannedRule | undefined): RuleChange | null {
  const { id, name } = (after ?? before).info;
  const rule = { id, name };
  if (after === undefined) return { rule, kind: 'removed', reason: 'The rule is gone; its open alerts are closed' };
  const changed = (Object.keys(partsInWords) as (keyof Meaning)[]).filter(
    (part) => before.meaning[part] !== after.meaning[part],
  );
  if (changed.length > 0) {
    const what = changed.map((part) => partsInWords[part]).join(', ');
    return { rule, kind: 'reset', reason: `Changed: ${what}; it counts from zero, and its open alerts are closed` };
  }
  if (isSame(before.spec, after.spec)) return null;
  const what = before.spec.quietMs === after.spec.quietMs ? 'its condition' : 'its condition or quiet time';
  return { rule, kind: 'kept', reason: `Changed: ${what}; what it has counted is kept` };
}

export function added({ info: { id, name } }: PlannedRule): RuleChange {
  return { rule: { id, name }, kind: 'added', reason: 'New; it counts what comes from now on' };
}

/** The windows of a rule that were kept under `before`, as the same rule's under `spec`. */
export function takeOver(store: WindowStore, before: WindowRule, spec: WindowSpec): WindowStore {
  const { groupsMax, eventsPerGroupMax, ...after } = spec;
  return isSame(before, after) ? store : changeCondition(store, spec);
}

/** The open alerts of windows that are let go, which close. */
export function closed(store: WindowStore): EpisodeView[] {
  for (const slot of [...store.episodes.keys()]) store.closeGroup(slot);
  return store.takeChanged();
}

const isSame = (a: WindowRule, b: WindowRule): boolean => sorted(a) === sorted(b);

function sorted(rule: WindowRule): string {
  return JSON.stringify(Object.entries(rule).sort(([a], [b]) => (a < b ? -1 : 1)));
}
