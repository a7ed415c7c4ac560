import type { CountedChoice } from './choice.js';
import { around, type Scored, Z95 } from './scored.js';

interface Ups {
  up: number;
  down: number;
}

/** Votes of which this many, divided as all votes of the contest are, stand beside an entry's own. */
const PRIOR_VOTES = 10;

/** The share of yes, with Wilson's score interval (1927). Nothing is known of an entry without votes. */
export function wilson(entries: readonly string[], votes: readonly CountedChoice[]): Scored[] {
  return [...upsOf(entries, votes)].map(([entry, { up, down }]) => {
    const n = up + down;
    if (n === 0) return { entry, score: 0.5, low: 0, high: 1 };
    const share = up / n;
    const z2 = Z95 ** 2;
    const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
    const half = (Z95 / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
    // Rounding must not put the share itself outside.
    return { entry, score: share, low: Math.min(share, centre - half), high: Math.max(share, centre + half) };
  });
}

/** The mean of what is to be believed of an entry's share, when it was expected to be as all others are. */
export function bayesianAverage(entries: readonly string[], votes: readonly CountedChoice[]): Scored[] {
  const counts = [...upsOf(entries, votes)];
  const ups = counts.reduce((sum, [, { up }]) => sum + up, 0);
  const all = counts.reduce((sum, [, { up, down }]) => sum + up + down, 0);
  const expected = all === 0 ? 0.5 : ups / all;
  return counts.map(([entry, { up, down }]) => {
    const n = up + down + PRIOR_VOTES;
    const mean = (up + expected * PRIOR_VOTES) / n;
    return around(entry, mean, Math.sqrt((mean * (1 - mean)) / (n + 1)));
  });
}

/** Votes above 0 and below, of every entry. */
export function upsOf(entries: readonly string[], votes: readonly CountedChoice[]): Map<string, Ups> {
  const counts = new Map(entries.map((entry) => [entry, { up: 0, down: 0 }]));
  for (const { choice, votes: n } of votes) {
    if (!('entry' in choice)) continue;
    const count = counts.get(choice.entry);
    if (!count) continue;
    if (choice.value > 0) count.up += n;
    else if (choice.value < 0) count.down += n;
  }
  return counts;
}
