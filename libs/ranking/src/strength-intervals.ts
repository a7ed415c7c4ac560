import type { Pairs } from './duels.js';
import { inverse } from './inverse.js';
import { centred, PRIOR_DUELS, search } from './likeliest.js';
import { poissons, seededWhole } from './random.js';

const RESAMPLES = 200;
/** Of a resample: a hundredth of what its strengths scatter by where there are a million votes. */
const RESAMPLE_TOLERANCE = 1e-4;
const SEED = 1952;
/** Beyond so many entries a matrix of them costs more than it saves. */
const MATRIX_ENTRIES_MAX = 150;
/** A start is no further away, as logarithms. */
const STEP_MAX = 2;
const NEWTON_STEPS_MAX = 8;
/** What the next step would still move the entry that moved most: less than a tenth of what strengths scatter by. */
const STEP_TOLERANCE = 1e-3;
/** Where strengths scatter by less, they do nearly as a normal variable does: limits are less off than those of so few resamples. */
const NORMAL_DEVIATION_MAX = 0.1;
/** From the 2.5th percentile of a normal variable to the 97.5th, by half. */
const NORMAL_95 = 1.959964;

type Matrix = readonly Float64Array[];

/** Lower and upper limits of strengths. */
export interface Limits {
  low: Float64Array;
  high: Float64Array;
}

/**
 * Percentiles of bootstrap resamples, in which each vote counts as often as a Poisson variable of mean 1 says; the seed is fixed and
 * pairs have an order of their own, so the same votes give the same. Where votes are many, what many resamples would come to is worked out.
 */
export function intervals(pairs: Pairs, likely: Float64Array): Limits {
  const back = curvatureBack(pairs, likely);
  return workedOut(pairs, likely, back) ?? resampled(pairs, likely, back);
}

/** The inverse of `curvatureOf`; null: there are too many entries for it. */
export function curvatureBack(pairs: Pairs, likely: Float64Array): Matrix | null {
  return likely.length > MATRIX_ENTRIES_MAX ? null : inverse(curvatureOf(pairs, likely));
}

/** The percentiles that resamples tend to, where votes are enough for that; null: they are too few, or entries too many. */
export function workedOut(pairs: Pairs, likely: Float64Array, back: Matrix | null): Limits | null {
  if (back === null) return null;
  const deviations = deviationsOf(pairs, likely, back);
  if (deviations.some((one) => one > NORMAL_DEVIATION_MAX)) return null;
  const by = (sign: number) => likely.map((one, i) => one * Math.exp(sign * NORMAL_95 * deviations[i]));
  return { low: by(-1), high: by(1) };
}

/** Of so many resamples. */
export function resampled(pairs: Pairs, likely: Float64Array, back: Matrix | null, count = RESAMPLES): Limits {
  return percentiles(resamples(pairs, likely, back, count));
}

function percentiles(samples: readonly Float64Array[]): Limits {
  const low = samples[0].slice();
  const high = samples[0].slice();
  const values = new Float64Array(samples.length);
  for (let i = 0; i < low.length; i++) {
    for (let s = 0; s < samples.length; s++) values[s] = samples[s][i];
    values.sort();
    low[i] = values[Math.floor(samples.length * 0.025)];
    high[i] = values[Math.ceil(samples.length * 0.975) - 1];
  }
  return { low, high };
}

/**
 * Standard deviations of the logarithms of resampled strengths, to first order: of one step of Newton's from the likely ones, as the
 * votes of each pair vary.
 */
function deviationsOf(pairs: Pairs, likely: Float64Array, back: Matrix): Float64Array {
  const { first, second, firstWon, secondWon } = pairs;
  const n = likely.length;
  const variances = firstWon.map((won, p) => {
    const chance = likely[first[p]] / (likely[first[p]] + likely[second[p]]);
    return won * (1 - chance) ** 2 + secondWon[p] * chance ** 2;
  });
  const means = new Float64Array(n);
  for (const row of back) for (let j = 0; j < n; j++) means[j] += row[j] / n;
  return Float64Array.from(back, (row) => {
    let sum = 0;
    for (let p = 0; p < first.length; p++) {
      const [a, b] = [first[p], second[p]];
      sum += variances[p] * (row[a] - means[a] - row[b] + means[b]) ** 2;
    }
    return Math.sqrt(sum);
  });
}

function resamples(pairs: Pairs, likely: Float64Array, back: Matrix | null, count: number): Float64Array[] {
  const steps = newton(likely, back);
  const draw = poissons(pairs.firstWon, pairs.secondWon, seededWhole(SEED));
  return Array.from({ length: count }, () => {
    const [firstWon, secondWon] = draw();
    const drawn = { ...pairs, firstWon, secondWon };
    const near = steps(drawn);
    return near.found ? centred(near.strength) : search(drawn, PRIOR_DUELS, near.strength, RESAMPLE_TOLERANCE);
  });
}

/**
 * Steps of Newton's from the likely strengths, all by the curvature there: a resample's strengths are found in two or three. Each
 * step is about as long as the one before, squared, so that it need not be taken to be known. Where votes are few it may not get there.
 */
function newton(
  likely: Float64Array,
  rows: Matrix | null,
): (drawn: Pairs) => { strength: Float64Array; found: boolean } {
  if (rows === null) return () => ({ strength: likely, found: false });
  const n = likely.length;
  const back = Float64Array.from(rows.flatMap((row) => [...row]));
  const slope = new Float64Array(n);
  return (drawn) => {
    const strength = likely.slice();
    for (let steps = 0; steps < NEWTON_STEPS_MAX; steps++) {
      slopes(drawn, strength, slope);
      let moved = 0;
      for (let i = 0; i < n; i++) {
        let step = 0;
        for (let j = 0, cell = i * n; j < n; j++, cell++) step += back[cell] * slope[j];
        moved = Math.max(moved, Math.abs(step));
        strength[i] *= Math.exp(Math.max(-STEP_MAX, Math.min(STEP_MAX, step)));
      }
      if (moved * moved < STEP_TOLERANCE) return { strength, found: true };
    }
    return { strength, found: false };
  };
}

/** Second derivatives of the likelihood by the logarithms of strengths, less than 0 as they are: turned over. */
function curvatureOf({ first, second, firstWon, secondWon }: Pairs, strength: Float64Array): Float64Array[] {
  const curvature = Array.from(strength, () => new Float64Array(strength.length));
  for (let i = 0; i < strength.length; i++) curvature[i][i] = (PRIOR_DUELS * strength[i]) / (strength[i] + 1) ** 2;
  for (let p = 0; p < first.length; p++) {
    const [a, b] = [first[p], second[p]];
    const chance = strength[a] / (strength[a] + strength[b]);
    const part = (firstWon[p] + secondWon[p]) * chance * (1 - chance);
    curvature[a][a] += part;
    curvature[b][b] += part;
    curvature[a][b] -= part;
    curvature[b][a] -= part;
  }
  return curvature;
}

/** First derivatives: how much more often each has won than these strengths have it. */
function slopes({ first, second, firstWon, secondWon }: Pairs, strength: Float64Array, slope: Float64Array): void {
  for (let i = 0; i < slope.length; i++) slope[i] = PRIOR_DUELS * (0.5 - strength[i] / (strength[i] + 1));
  for (let p = 0; p < first.length; p++) {
    const a = first[p];
    const b = second[p];
    const met = firstWon[p] + secondWon[p];
    const more = firstWon[p] - (met * strength[a]) / (strength[a] + strength[b]);
    slope[a] += more;
    slope[b] -= more;
  }
}
