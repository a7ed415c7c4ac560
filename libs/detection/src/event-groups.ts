import { countCombinations, firstCombinations } from './combinations.js';
import { type HashedText, textsOf } from './group-hash.js';
import type { Hash } from './hash.js';
import type { LineView } from './line-view.js';
import { type PlannedRule, sourceField, type Target } from './plan.js';

/**
 * A mail to a hundred thousand recipients shall not fill the log: an event has so many hits of one rule at most. The
 * rest is dropped and counted.
 */
export const hitsPerEventMax = 10_000;

/** The groups of a rule that an event belongs to. */
export interface EventGroups {
  /** What they are made of: names of fields, and the seed that their texts are hashed with. */
  fields: readonly string[];
  seed: number;
  count: number;
  /** The first of them, in the order in which they get hits; of those beyond, none gets any. */
  first: readonly (readonly HashedText[])[];
}

/**
 * Of the event that the view shows: where group fields are lists, every combination of their elements is a group. Whoever
 * makes hits asks this, and whoever names their groups afterwards; so both know the same ones.
 */
export function groupsOf(
  view: LineView,
  { rule, groupSlots }: Pick<Target, 'rule' | 'groupSlots'>,
  sourceSlot: number,
  hash: Hash,
): EventGroups {
  const lists = groupSlots.map((slot) => textsOf(view, slot, hash));
  const { groupBy, seed, sourceSeed } = rule;
  const isNameless = sourceSeed !== null && lists.some(({ length }) => length === 0);
  if (!isNameless) return groupsBy(groupBy, seed, lists);
  return groupsBy([sourceField], sourceSeed, [textsOf(view, sourceSlot, hash)]);
}

function groupsBy(fields: readonly string[], seed: number, lists: readonly (readonly HashedText[])[]): EventGroups {
  return { fields, seed, count: countCombinations(lists), first: firstCombinations(lists, hitsPerEventMax) };
}

/** Is the group one of events that do not say who acted, and are grouped by their source? */
export const isBySource = ({ sourceSeed }: PlannedRule, group: Readonly<Record<string, unknown>>): boolean =>
  sourceSeed !== null && Object.hasOwn(group, sourceField);
