import { type Rating, rate, rating } from 'openskill';
import type { CountedChoice } from './choice.js';
import { around, type Scored } from './scored.js';

/**
 * Weng and Lin's rating, one duel after the other in the given order: what was voted lately counts more. The score is the
 * mean of what is believed of an entry's skill; all begin at 25.
 */
export function onlineRating(entries: readonly string[], votes: readonly CountedChoice[]): Scored[] {
  const ratings = new Map<string, Rating>(entries.map((entry) => [entry, rating()]));
  for (const { choice, votes: count } of votes) {
    if (!('winner' in choice) || choice.winner === choice.loser) continue;
    for (let i = 0; i < count; i++) {
      const [winner, loser] = [ratings.get(choice.winner), ratings.get(choice.loser)];
      if (!winner || !loser) break;
      const [[won], [lost]] = rate([[winner], [loser]]);
      ratings.set(choice.winner, won);
      ratings.set(choice.loser, lost);
    }
  }
  return [...ratings].map(([entry, { mu, sigma }]) => around(entry, mu, sigma));
}
