/**
 * Bounds that may be looked at as often as one likes: with probability 1 - alpha the true mean lies inside at *every*
 * number of values, so that stopping when it suits does not raise the error. (A fixed-n interval such as Wilson's holds at one
 * number that was chosen beforehand.)
 *
 * Values lie between 0 and 1, each with the same mean given those before it. The bound depends on their number and sum alone: the
 * order in which they came means nothing.
 *
 * The mixture martingale of Robbins ("Statistical methods related to the law of the iterated logarithm", 1970) with a uniform
 * prior over the mean, the beta-binomial boundary of Howard, Ramdas, McAuliffe and Sekhon ("Time-uniform, nonparametric,
 * nonasymptotic confidence sequences", 2021): a mean p stays inside as long as a gambler who bets against it in all ways at
 * once has not multiplied the stake by 1 / alpha (Ville's inequality). Values between 0 and 1 are at most as
 * spread as those that are 0 or 1 with the same mean, so that it holds for them, too (sub-Bernoulli).
 */
export interface Bounds {
  low: number;
  high: number;
}

/** Halvings of an interval of length 1: the bounds are exact to 1e-12. */
const HALVINGS = 40;

/** Bounds for the mean of `n` values of this sum. */
export function boundsOf(sum: number, n: number, alpha: number): Bounds {
  const mean = n === 0 ? 0.5 : sum / n;
  const limit = -Math.log(alpha);
  return {
    low: sum <= 0 ? 0 : rootOf(0, mean, (p) => logWealth(sum, n, p) - limit),
    high: sum >= n ? 1 : rootOf(1, mean, (p) => logWealth(sum, n, p) - limit),
  };
}

/** Whether the bounds lie wholly below one half: `boundsOf(…).high < 1 / 2`, without a search. */
export function isBelowHalf(sum: number, n: number, alpha: number): boolean {
  return sum < n / 2 && logWealth(sum, n, 0.5) > -Math.log(alpha);
}

/**
 * The part of alpha that is left for votes among which so many were replaced or taken back since they were cast. Whenever that happens
 * what is counted is another sequence; each has its own part, and all parts together are 1.
 */
export const shareAfter = (changes: number): number => 1 / ((changes + 1) * (changes + 2));

/** Logarithm of what the gambler who bets against the mean p has made of 1. */
function logWealth(sum: number, n: number, p: number): number {
  return logBeta(sum + 1, n - sum + 1) - times(sum, Math.log(p)) - times(n - sum, Math.log1p(-p));
}

const times = (count: number, log: number): number => (count === 0 ? 0 : count * log);

/** Where the function, above 0 at `outer` and below at `inner`, is 0: the last place that is still outside. */
function rootOf(outer: number, inner: number, excess: (p: number) => number): number {
  let [outside, inside] = [outer, inner];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (outside + inside) / 2;
    if (excess(middle) > 0) outside = middle;
    else inside = middle;
  }
  return outside;
}

const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);

/** Stirling's series, from 10 on exact to 1e-13; smaller arguments are moved there. */
function logGamma(x: number): number {
  let factor = 1;
  let z = x;
  for (; z < 10; z++) factor *= z;
  const series = 1 / (12 * z) - 1 / (360 * z ** 3) + 1 / (1260 * z ** 5) - 1 / (1680 * z ** 7);
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series - Math.log(factor);
}
