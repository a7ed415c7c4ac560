import { strengthsAlone } from './bradley-terry.js';
import { type Judged, votesAbout } from './judged.js';
import { type Mode, methods } from './methods.js';
import type { DecayedChoice } from './trending.js';

/** Scores that differ by less, as a part of the largest, are equal: strengths are found step by step. */
const EQUAL = 1e-6;

/**
 * The better half stays, of an odd number the larger one; who is tied with the last that stays, stays, too. By the default method
 * of the mode, over the entries that are in; of pairs without intervals.
 */
export function halve(mode: Mode, entries: readonly string[], counted: readonly DecayedChoice[]): Judged[] {
  const score = mode === 'pairwise' ? strengthsAlone : methods.find((method) => method.mode === mode)!.score;
  const scored = score(entries, counted).sort((a, b) => b.score - a.score);
  const keep = Math.ceil(scored.length / 2);
  const limit = scored[keep - 1]?.score ?? 0;
  const largest = scored.reduce((most, one) => Math.max(most, Math.abs(one.score)), 0);
  // Old votes weigh next to nothing, and are unlike all the same.
  const equal = EQUAL * (mode === 'trending' ? largest : Math.max(1, largest));
  const cut = limit - equal;
  const staying = scored.filter((one) => one.score >= cut).length;
  const votes = votesAbout(counted);
  return scored.map(({ entry, score, low, high }) => {
    const stays = score >= cut;
    const isTied = stays && staying > keep && score <= limit + equal;
    return {
      entry,
      stays,
      why: isTied ? 'tied' : stays ? 'better-half' : 'lesser-half',
      score,
      low: Number.isFinite(low) ? low : null,
      high: Number.isFinite(high) ? high : null,
      limit,
      against: null,
      alpha: null,
      votes: votes.get(entry) ?? 0,
      changes: 0,
    };
  });
}
