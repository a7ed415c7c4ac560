import type { Scored } from './scored.js';

export interface Ranked extends Scored {
  rank: number;
}

/**
 * The best score first. An entry's rank is one more than the number of entries that are surely better: whose interval lies
 * wholly above its own. So entries that the votes can't tell apart share a rank.
 */
export function ranked(scored: readonly Scored[]): Ranked[] {
  const lows = scored.map(({ low }) => low).sort((a, b) => b - a);
  return scored
    .map((one) => ({ ...one, rank: 1 + countAbove(lows, one.high) }))
    .sort((a, b) => a.rank - b.rank || b.score - a.score || (a.entry < b.entry ? -1 : 1));
}

/** How many of the numbers, which descend, are above the limit. */
function countAbove(descending: readonly number[], limit: number): number {
  let [from, to] = [0, descending.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (descending[middle] > limit) from = middle + 1;
    else to = middle;
  }
  return from;
}
