import type { CountedChoice } from './choice.js';

/** Duels of two entries, by index. */
export interface Duels {
  winner: number;
  loser: number;
  count: number;
}

/** By pair, in an order of its own: what each has won against the other. */
export interface Pairs {
  first: Uint32Array;
  second: Uint32Array;
  firstWon: Float64Array;
  secondWon: Float64Array;
}

/** Votes between two of the entries, by index. */
export function duelsOf(entries: readonly string[], votes: readonly CountedChoice[]): Duels[] {
  const index = new Map(entries.map((entry, i) => [entry, i]));
  return votes.flatMap(({ choice, votes: count }) => {
    if (!('winner' in choice)) return [];
    const [winner, loser] = [index.get(choice.winner), index.get(choice.loser)];
    return winner === undefined || loser === undefined || winner === loser ? [] : [{ winner, loser, count }];
  });
}

export function pairsOf(duels: readonly Duels[], entries: number): Pairs {
  const won = new Map<number, { first: number; second: number; firstWon: number; secondWon: number }>();
  for (const { winner, loser, count } of duels) {
    const first = Math.min(winner, loser);
    const second = Math.max(winner, loser);
    const key = first * entries + second;
    let pair = won.get(key);
    if (pair === undefined) {
      pair = { first, second, firstWon: 0, secondWon: 0 };
      won.set(key, pair);
    }
    if (winner === first) pair.firstWon += count;
    else pair.secondWon += count;
  }
  const met = (pair: { firstWon: number; secondWon: number }) => pair.firstWon + pair.secondWon;
  // Those that are drawn in the same way side by side: a processor guesses then how the next one is.
  const all = [...won.values()].sort((a, b) => met(b) - met(a) || a.first - b.first || a.second - b.second);
  return {
    first: Uint32Array.from(all, ({ first }) => first),
    second: Uint32Array.from(all, ({ second }) => second),
    firstWon: Float64Array.from(all, ({ firstWon }) => firstWon),
    secondWon: Float64Array.from(all, ({ secondWon }) => secondWon),
  };
}
