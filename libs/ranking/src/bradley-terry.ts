import type { CountedChoice } from './choice.js';
import { duelsOf, pairsOf } from './duels.js';
import { likeliest } from './likeliest.js';
import type { Scored } from './scored.js';
import { intervals } from './strength-intervals.js';

/** Strengths (logarithms, 0 is the average entry): how much more often one wins against another is the difference. */
export function bradleyTerry(entries: readonly string[], votes: readonly CountedChoice[]): Scored[] {
  const names = [...entries].sort();
  const pairs = pairsOf(duelsOf(names, votes), names.length);
  const likely = likeliest(pairs, names.length);
  const { low, high } = intervals(pairs, likely);
  const hasMet = new Uint8Array(names.length);
  for (const met of [pairs.first, pairs.second]) for (const one of met) hasMet[one] = 1;
  return names.map((entry, i) => {
    const score = Math.log(likely[i]);
    // Nothing is known of who never met another.
    if (hasMet[i] === 0) return { entry, score, low: -Infinity, high: Infinity };
    // Few votes make a skewed sample: the score is always inside.
    return { entry, score, low: Math.min(Math.log(low[i]), score), high: Math.max(Math.log(high[i]), score) };
  });
}

/** The same scores without intervals, which take longer by far. */
export function strengthsAlone(entries: readonly string[], votes: readonly CountedChoice[]): Scored[] {
  const names = [...entries].sort();
  const likely = likeliest(pairsOf(duelsOf(names, votes), names.length), names.length);
  return names.map((entry, i) => ({ entry, score: Math.log(likely[i]), low: -Infinity, high: Infinity }));
}
