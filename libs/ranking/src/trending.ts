import type { CountedChoice } from './choice.js';
import { around, type Scored } from './scored.js';

/** How many votes a sum of decayed votes is like: that many of weight 1, and as uncertain. */
export interface DecayedChoice extends CountedChoice {
  /** Sum of the votes' weights: 1 when cast, half of it after each half-life. */
  weight: number;
  /** Sum of the weights' squares. */
  squares: number;
}

/** Yes less no, each vote fading with its age. Votes come by chance (Poisson): that gives the interval. */
export function trending(entries: readonly string[], votes: readonly DecayedChoice[]): Scored[] {
  const sums = new Map(entries.map((entry) => [entry, { weight: 0, squares: 0 }]));
  for (const { choice, weight, squares } of votes) {
    const sum = 'entry' in choice ? sums.get(choice.entry) : undefined;
    if (!sum || !('entry' in choice)) continue;
    sum.weight += Math.sign(choice.value) * weight;
    sum.squares += Math.abs(Math.sign(choice.value)) * squares;
  }
  return [...sums].map(([entry, { weight, squares }]) => around(entry, weight, Math.sqrt(squares)));
}
