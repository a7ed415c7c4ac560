import { type Duels, type Pairs, pairsOf } from './duels.js';

const SWEEPS_MAX = 200;
const TOLERANCE = 1e-7;
/** Won and lost, each half, against an entry of strength 1: who never lost is not infinitely strong. */
export const PRIOR_DUELS = 1;

export const likeliest = (pairs: Pairs, entries: number): Float64Array =>
  search(pairs, PRIOR_DUELS, new Float64Array(entries).fill(1), TOLERANCE);

/**
 * The most likely strengths of the Bradley–Terry model, by the MM algorithm (Hunter, 2004), their geometric mean 1. With
 * `prior`, as if each had met an entry of strength 1 so often, and won half. `start`: where the search begins.
 */
export function strengths(duels: readonly Duels[], prior: number, start: readonly number[]): number[] {
  return Array.from(search(pairsOf(duels, start.length), prior, Float64Array.from(start), TOLERANCE));
}

export function search(pairs: Pairs, prior: number, start: Float64Array, tolerance: number): Float64Array {
  const { first, second, firstWon, secondWon } = pairs;
  const n = start.length;
  const wins = new Float64Array(n).fill(prior / 2);
  for (let p = 0; p < first.length; p++) {
    wins[first[p]] += firstWon[p];
    wins[second[p]] += secondWon[p];
  }
  const strength = start.slice();
  const met = new Float64Array(n);
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep++) {
    for (let i = 0; i < n; i++) met[i] = prior / (strength[i] + 1);
    for (let p = 0; p < first.length; p++) {
      const a = first[p];
      const b = second[p];
      const part = (firstWon[p] + secondWon[p]) / (strength[a] + strength[b]);
      met[a] += part;
      met[b] += part;
    }
    let moved = 0;
    for (let i = 0; i < n; i++) {
      const next = met[i] > 0 ? wins[i] / met[i] : strength[i];
      moved = Math.max(moved, Math.abs(next / strength[i] - 1));
      strength[i] = next;
    }
    if (moved < tolerance) break;
  }
  return centred(strength);
}

/** Their geometric mean becomes 1. */
export function centred(strength: Float64Array): Float64Array {
  const mean = Math.exp(strength.reduce((sum, one) => sum + Math.log(one), 0) / Math.max(1, strength.length));
  for (let i = 0; i < strength.length; i++) strength[i] /= mean;
  return strength;
}
