import type { Duels } from './duels.js';
import { strengths } from './likeliest.js';
import { hashOf, mixed } from './random.js';

/** Two entries, by index; and how many bits a vote between them is expected to tell. */
export interface PairGain {
  first: number;
  second: number;
  gain: number;
}

/** Pairs whose gain is at least this part of the largest may be chosen: voters who ask at once are spread over them. */
const NEAR = 0.8;
/** As if each entry had met one of strength 1 so often; as the board has it. */
const PRIOR_DUELS = 1;

/** What is known of strengths (logarithms): a normal distribution for each, its mean and its variance. */
export interface Belief {
  means: Float64Array;
  variances: Float64Array;
}

/**
 * Laplace's approximation of the Bradley-Terry posterior, without what links entries: the mean is the most likely strength, the variance one over
 * the information of the entry's duels. A pair that was shown, and not voted on yet, counts as if its votes were on their way, so that what is shown often is left
 * aside until the answers are there.
 */
export function belief(entries: number, duels: readonly Duels[], shown: ReadonlyMap<number, number>): Belief {
  const means = strengths(duels, PRIOR_DUELS, Array<number>(entries).fill(1)).map(Math.log);
  const met = new Map<number, number>();
  for (const { winner, loser, count } of duels) {
    const key = pairKey(winner, loser, entries);
    met.set(key, (met.get(key) ?? 0) + count);
  }
  for (const [key, times] of shown) met.set(key, Math.max(met.get(key) ?? 0, times));
  const information = Float64Array.from(means, (mean) => PRIOR_DUELS * spread(mean));
  for (const [key, count] of met) {
    const [first, second] = [Math.floor(key / entries), key % entries];
    const part = count * spread(means[first] - means[second]);
    information[first] += part;
    information[second] += part;
  }
  return { means: Float64Array.from(means), variances: information.map((one) => 1 / one) };
}

/** One number for two entries, whichever is named first. */
export const pairKey = (one: number, other: number, entries: number): number =>
  Math.min(one, other) * entries + Math.max(one, other);

/** Of the outcome of a duel between strengths that differ so much: p(1 - p). */
const spread = (difference: number): number => 1 / (2 + Math.exp(difference) + Math.exp(-difference));

/**
 * The pairs that a vote is expected to tell most about, at most `most`, the best first; equal ones in an order of no meaning. That is
 * by how much it makes the entropy of what is believed smaller, as Houlsby, Huszár, Ghahramani and Lengyel choose questions ("Bayesian Active Learning for
 * Classification and Preference Learning", 2011). Where beliefs are normal and a vote adds its information p(1 - p), it is
 * 1/2 log2(1 + p(1 - p) v), v the variance of the difference of the two strengths.
 */
export function bestPairs(believed: Belief, most: number, isLeftOut = (_key: number) => false): PairGain[] {
  const n = believed.means.length;
  const heap = new LeastFirst(most);
  for (let first = 0; first < n; first++)
    for (let second = first + 1; second < n; second++) {
      const value = ratioOf(believed, first, second);
      const key = first * n + second;
      if (heap.takes(value, key) && !isLeftOut(key)) heap.add(value, key);
    }
  return heap
    .bestFirst()
    .map(({ value, key }) => ({ first: Math.floor(key / n), second: key % n, gain: bitsOf(value) }));
}

/** How many bits a vote between two entries is expected to tell. */
export const gainOf = (believed: Belief, one: number, other: number): number => bitsOf(ratioOf(believed, one, other));

const bitsOf = (ratio: number): number => Math.log2(1 + ratio) / 2;

/** The information of a vote between two, to what is known: p(1 - p) v. */
const ratioOf = ({ means, variances }: Belief, one: number, other: number): number =>
  spread(means[one] - means[other]) * (variances[one] + variances[other]);

/**
 * One of the pairs near the best, and which of the two is shown first: the same for the same voter and pairs, another for another voter. Null: there
 * are none.
 */
export function choosePair(pairs: readonly PairGain[], voter: string, names: readonly string[]): PairGain | null {
  let chosen: PairGain | null = null;
  let highest = -1;
  for (const pair of pairs) {
    if (pair.gain < NEAR * pairs[0].gain) break;
    // The pair's own number for this voter: pairs that come or go leave the others' as they are.
    const number = hashOf(JSON.stringify([voter, names[pair.first], names[pair.second]]));
    if (number > highest) [chosen, highest] = [pair, number];
  }
  // People rather choose what they see first: each of the two comes first for half of the voters.
  return chosen && highest % 2 === 1 ? { ...chosen, first: chosen.second, second: chosen.first } : chosen;
}

interface Valued {
  value: number;
  key: number;
}

/** The best of many, at most `size`: a heap with the least of them on top. Of equal ones none is preferred by its place. */
class LeastFirst {
  private readonly heap: (Valued & { tie: number })[] = [];

  constructor(private readonly size: number) {}

  takes(value: number, key: number): boolean {
    if (this.heap.length < this.size) return true;
    const [least] = this.heap;
    return value > least.value || (value === least.value && mixed(key) > least.tie);
  }

  add(value: number, key: number): void {
    const one = { value, key, tie: mixed(key) };
    if (this.heap.length < this.size) {
      this.heap.push(one);
      this.up(this.heap.length - 1);
    } else {
      this.heap[0] = one;
      this.down(0);
    }
  }

  bestFirst(): Valued[] {
    return this.heap.toSorted((a, b) => b.value - a.value || b.tie - a.tie);
  }

  private isLess(i: number, j: number): boolean {
    const [a, b] = [this.heap[i], this.heap[j]];
    return a.value < b.value || (a.value === b.value && a.tie < b.tie);
  }

  private up(from: number): void {
    for (let i = from; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!this.isLess(i, parent)) return;
      this.swap(i, parent);
      i = parent;
    }
  }

  private down(from: number): void {
    for (let i = from; ; ) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      let least = i;
      if (left < this.heap.length && this.isLess(left, least)) least = left;
      if (right < this.heap.length && this.isLess(right, least)) least = right;
      if (least === i) return;
      this.swap(i, least);
      i = least;
    }
  }

  private swap(i: number, j: number): void {
    [this.heap[i], this.heap[j]] = [this.heap[j], this.heap[i]];
  }
}
