/**
 * What ballots add up to, whole numbers throughout: enough for every method over ballots, and ballots can be added and taken
 * away one by one. It holds for one set of entries: others on a ballot are passed over.
 */
export interface BallotSums {
  /** Ascending. Index of all that follows. */
  entries: string[];
  /** Ballots that rank at least one of the entries. */
  ballots: number;
  /** Ballots that rank the entry. */
  ranked: number[];
  /** Twice the points of Borda, and the squares of that: an entry gets a point for each that it is put before, half for each that it ties with. */
  points: number[];
  squares: number[];
  /** Row by row: ballots that rank both, the entry of the row before that of the column. */
  before: number[];
}

export function noBallots(names: readonly string[]): BallotSums {
  const entries = [...names].sort();
  const n = entries.length;
  const zeros = () => new Array<number>(n).fill(0);
  const before = new Array<number>(n * n).fill(0);
  return { entries, ballots: 0, ranked: zeros(), points: zeros(), squares: zeros(), before };
}

/** Adds `count` equal ballots; below 0: takes them away. `index`: of `sums.entries`. */
export function addBallots(
  sums: BallotSums,
  index: ReadonlyMap<string, number>,
  names: readonly string[],
  count: number,
): void {
  const n = sums.entries.length;
  const ranking = [...new Set(names.flatMap((name) => index.get(name) ?? []))];
  if (ranking.length === 0) return;
  sums.ballots += count;
  // Who is left out shares the last place.
  const last = n - ranking.length - 1;
  const isRanked = new Uint8Array(n);
  for (let place = 0; place < ranking.length; place++) {
    const entry = ranking[place];
    isRanked[entry] = 1;
    sums.ranked[entry] += count;
    addPoints(sums, entry, 2 * (n - 1 - place), count);
    for (let behind = place + 1; behind < ranking.length; behind++) sums.before[entry * n + ranking[behind]] += count;
  }
  for (let entry = 0; entry < n; entry++) if (isRanked[entry] === 0) addPoints(sums, entry, last, count);
}

function addPoints(sums: BallotSums, entry: number, points: number, count: number): void {
  sums.points[entry] += count * points;
  sums.squares[entry] += count * points * points;
}

export const indexOf = (entries: readonly string[]): Map<string, number> =>
  new Map(entries.map((entry, i) => [entry, i]));

/** Adds sums over the same entries. */
export function addSums(to: BallotSums, { ballots, ranked, points, squares, before }: BallotSums): void {
  to.ballots += ballots;
  for (let i = 0; i < ranked.length; i++) {
    to.ranked[i] += ranked[i];
    to.points[i] += points[i];
    to.squares[i] += squares[i];
  }
  for (let i = 0; i < before.length; i++) to.before[i] += before[i];
}
