import { bayesianAverage, wilson } from './approval.js';
import { borda, schulze } from './ballots.js';
import { bradleyTerry } from './bradley-terry.js';
import { onlineRating } from './online-rating.js';
import type { Scored } from './scored.js';
import { type DecayedChoice, trending } from './trending.js';

/** How people vote in a contest. */
export const modes = ['approval', 'pairwise', 'ballot', 'trending'] as const;
export type Mode = (typeof modes)[number];

export interface Method {
  name: string;
  mode: Mode;
  /** It matters in which order votes were cast: they come one by one, the oldest first. */
  ordered?: true;
  /** Scores of all entries, in any order. Votes for anything else count nothing. */
  score(entries: readonly string[], votes: readonly DecayedChoice[]): Scored[];
}

/** Every method, the default of its mode first. */
export const methods: readonly Method[] = [
  { name: 'wilson', mode: 'approval', score: wilson },
  { name: 'bayesian', mode: 'approval', score: bayesianAverage },
  { name: 'bradley-terry', mode: 'pairwise', score: bradleyTerry },
  { name: 'openskill', mode: 'pairwise', ordered: true, score: onlineRating },
  { name: 'borda', mode: 'ballot', score: borda },
  { name: 'schulze', mode: 'ballot', score: schulze },
  { name: 'decayed', mode: 'trending', score: trending },
];
