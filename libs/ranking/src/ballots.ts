import { addBallots, addSums, type BallotSums, indexOf, noBallots } from './ballot-sums.js';
import type { CountedChoice } from './choice.js';
import { around, type Scored } from './scored.js';

/** Mean points of a ballot: an entry gets one for each that it is put before, and half for each that it ties with. */
export function borda(entries: readonly string[], votes: readonly CountedChoice[]): Scored[] {
  const n = entries.length;
  const { ballots: all, points, squares, ...sums } = sumsOf(entries, votes);
  return sums.entries.map((entry, i) => {
    if (all === 0) return { entry, score: (n - 1) / 2, low: 0, high: n - 1 };
    const mean = points[i] / 2 / all;
    // Of a single ballot nothing is known but that points lie between none and all.
    const variance = all === 1 ? (n - 1) ** 2 / 4 : Math.max(0, squares[i] / 4 - all * mean ** 2) / (all - 1);
    return around(entry, mean, Math.sqrt(variance / all));
  });
}

/** How many ballots there are, and the points of each entry in all of them, by index. */
export function pointsOf(entries: readonly string[], votes: readonly CountedChoice[]) {
  const { ballots, points, ...sums } = sumsOf(entries, votes);
  const index = indexOf(sums.entries);
  return { ballots, points: entries.map((entry) => points[index.get(entry)!] / 2) };
}

/**
 * Schulze's method (winning votes): an entry is better than another when the strongest path of majorities from it to the
 * other is stronger than any way back. The score counts whom it is better than; there are no intervals.
 */
export function schulze(entries: readonly string[], votes: readonly CountedChoice[]): Scored[] {
  const sums = sumsOf(entries, votes);
  const paths = strongestPaths(preferences(sums));
  return sums.entries.map((entry, i) => {
    const score = paths.reduce((sum, _, j) => sum + Number(paths[i][j] > paths[j][i]), 0);
    return { entry, score, low: score, high: score };
  });
}

/** By row and column: how many ballots put the one before the other, which may not be ranked at all. */
function preferences({ entries, ranked, before }: BallotSums): Float64Array[] {
  const n = entries.length;
  return entries.map((_, i) => Float64Array.from(entries, (_, j) => (i === j ? 0 : ranked[i] - before[j * n + i])));
}

/** Floyd and Warshall, with a path as strong as its weakest majority. */
function strongestPaths(prefer: readonly Float64Array[]): Float64Array[] {
  const paths = prefer.map((row, i) => row.map((votes, j) => (votes > prefer[j][i] ? votes : 0)));
  for (let via = 0; via < paths.length; via++)
    for (let from = 0; from < paths.length; from++)
      for (let to = 0; to < paths.length; to++)
        if (from !== to) paths[from][to] = Math.max(paths[from][to], Math.min(paths[from][via], paths[via][to]));
  return paths;
}

function sumsOf(entries: readonly string[], votes: readonly CountedChoice[]): BallotSums {
  const sums = noBallots(entries);
  const index = indexOf(sums.entries);
  for (const { choice, votes: count } of votes) {
    if ('ballots' in choice) addSums(sums, choice.ballots);
    else if ('ranking' in choice) addBallots(sums, index, choice.ranking, count);
  }
  return sums;
}
