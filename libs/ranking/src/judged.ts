import { type CountedChoice, saysOf } from './choice.js';

/** What a step of the narrowing says of an entry, with the numbers that it follows from. */
export interface Judged {
  entry: string;
  stays: boolean;
  /**
   * Halving: `better-half`, `tied` (with the last that stays) or `lesser-half`. Elimination: `not-surely-worse`, `surely-worse`, or `circle`: each
   * that is left is surely worse than another.
   */
  why: 'better-half' | 'tied' | 'lesser-half' | 'not-surely-worse' | 'surely-worse' | 'circle';
  /** What is compared: halving: as on the board; elimination: between 0 and 1, see `eliminate`. */
  score: number;
  low: number | null;
  high: number | null;
  /** Halving: it stays with this score or more. Elimination: it leaves when its `high` is below. */
  limit: number;
  /** The entry that the limit is of, or that it was compared with; null: it is of all of them. */
  against: string | null;
  /** The error that the interval was allowed; null where it decides nothing. */
  alpha: number | null;
  /** Votes that count and say something of it. */
  votes: number;
  /** Those that were changed or taken back since; they widen the interval. */
  changes: number;
}

/** How many votes say something of an entry. */
export function votesAbout(choices: readonly CountedChoice[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of choices)
    for (const [entry, votes] of saysOf(one)) counts.set(entry, (counts.get(entry) ?? 0) + votes);
  return counts;
}
