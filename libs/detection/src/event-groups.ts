import { countCombinations, firstCombinations } from './combinations.js';
import { type HashedText, textsOf } from './group-hash.js';
import type { Hash } from './hash.js';
import type { LineView } from './line-view.js';
import type { Target } from './plan.js';

/**
 * A mail to a hundred thousand recipients shall not fill the log: an event has so many hits of one rule at most. The
 * rest is dropped and counted.
 */
export const hitsPerEventMax = 10_000;

/** The groups of a rule that an event belongs to. */
export interface EventGroups {
  count: number;
  /** The first of them, in the order in which they get hits; of those beyond, none gets any. */
  first: Iterable<readonly HashedText[]>;
}

/**
 * Of the event that the view shows: where group fields are lists, every combination of their elements is a group. Whoever
 * makes hits asks this, and whoever names their groups afterwards; so both know the same ones.
 */
export function groupsOf(view: LineView, { groupSlots }: Pick<Target, 'groupSlots'>, hash: Hash): EventGroups {
  const lists = groupSlots.map((slot) => textsOf(view, slot, hash));
  return { count: countCombinations(lists), first: firstCombinations(lists, hitsPerEventMax) };
}
