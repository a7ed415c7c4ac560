import { describe, expect, test } from 'vitest';
import type { CountedChoice } from './choice.js';
import { boundsOf, isBelowHalf, shareAfter } from './confidence-sequence.js';
import { type EliminationMode, eliminate } from './elimination.js';
import { seeded } from './random.js';

const SIMULATIONS = 10_000;
const alpha = 0.05;
const names = [...'ABCD'];
type Random = () => number;

/** One contest as it goes on. Sets of entries are bits. */
interface Contest {
  vote(random: Random): void;
  /** Of those that are in, the ones that would leave now. */
  leaving(isIn: number): number;
  /** All votes until now. */
  counted(): CountedChoice[];
}

/**
 * The part of so many contests that ever lost one of their best entries, where somebody looks after every vote, and ends the round if
 * that makes anybody leave. What leaves is looked up in tables, and compared with `eliminate` whenever somebody does, and now and then.
 */
function errorOf(mode: EliminationMode, begin: () => Contest, best: number, votes: number): number {
  const [random, now] = [seeded(20_260_115), seeded(1)];
  let lost = 0;
  for (let simulation = 0; simulation < SIMULATIONS; simulation++) {
    const contest = begin();
    let isIn = 15;
    for (let vote = 0; vote < votes && (isIn & best) === best; vote++) {
      contest.vote(random);
      const leaving = contest.leaving(isIn);
      if (leaving !== 0 || now() < 1 / 2_000) expect(leaving).toBe(judged(mode, contest, isIn));
      isIn &= ~leaving;
    }
    if ((isIn & best) !== best) lost++;
  }
  return lost / SIMULATIONS;
}

function judged(mode: EliminationMode, contest: Contest, isIn: number): number {
  const entries = names.filter((_, i) => (isIn >> i) & 1);
  const all = eliminate(mode, 1 - alpha, { field: names, entries, counted: contest.counted(), changed: [] });
  return all.reduce((bits, { entry, stays }) => bits | (stays ? 0 : 1 << names.indexOf(entry)), 0);
}

/** What a function of whole numbers gives, each worked out once. */
function remembered(work: (sum: number, n: number) => number): (sum: number, n: number) => number {
  const known: Float64Array[] = [];
  return (sum, n) => {
    known[n] ??= new Float64Array(n + 1).fill(Number.NaN);
    if (Number.isNaN(known[n][sum])) known[n][sum] = work(sum, n);
    return known[n][sum];
  };
}

interface Interval {
  low(sum: number, n: number): number;
  high(sum: number, n: number): number;
}
const anytime = (part: number): Interval => ({
  low: remembered((sum, n) => boundsOf(sum, n, part).low),
  high: remembered((sum, n) => boundsOf(sum, n, part).high),
});
/** Wilson's, of 95 %. */
const wilson: Interval = {
  low: remembered((sum, n) => wilsonSide(sum, n, -1)),
  high: remembered((sum, n) => wilsonSide(sum, n, 1)),
};
function wilsonSide(sum: number, n: number, sign: number): number {
  if (n === 0) return (1 + sign) / 2;
  const [share, z2] = [sum / n, 1.96 ** 2];
  return (
    (share + z2 / (2 * n) + sign * Math.sqrt((z2 * share * (1 - share)) / n + z2 ** 2 / (4 * n * n))) / (1 + z2 / n)
  );
}

/** Entries with these true shares of yes; who votes chooses one of them by chance. */
function approval(shares: readonly number[], { low, high }: Interval): Contest {
  const [up, n] = [new Int32Array(4), new Int32Array(4)];
  const [lows, highs] = [new Float64Array(4), new Float64Array(4).fill(1)];
  return {
    vote(random) {
      const entry = Math.floor(random() * 4);
      n[entry]++;
      if (random() < shares[entry]) up[entry]++;
      lows[entry] = low(up[entry], n[entry]);
      highs[entry] = high(up[entry], n[entry]);
    },
    leaving(isIn) {
      let limit = 0;
      for (let i = 0; i < 4; i++) if ((isIn >> i) & 1 && lows[i] > limit) limit = lows[i];
      let leaving = 0;
      for (let i = 0; i < 4; i++) if ((isIn >> i) & 1 && highs[i] < limit) leaving |= 1 << i;
      return leaving;
    },
    counted: () =>
      names.flatMap((entry, i) => [
        { votes: up[i], choice: { entry, value: 1 } },
        { votes: n[i] - up[i], choice: { entry, value: -1 } },
      ]),
  };
}

const losesTo = remembered((won, met) => Number(isBelowHalf(won, met, (alpha / 12) * shareAfter(0))));
const losesMost = remembered((won, met) => Number(isBelowHalf(won, met, (alpha / 8) * shareAfter(0))));

/** Duels by Bradley and Terry's model. Mostly who has won most meets who has lost most: pairs are not by chance. */
function pairwise(strengths: readonly number[]): Contest {
  const [won, met, pair] = [new Int32Array(4), new Int32Array(4), new Int32Array(16)];
  return {
    vote(random) {
      let [one, other] = [Math.floor(random() * 4), Math.floor(random() * 4)];
      if (random() < 0.6)
        for (let i = 0; i < 4; i++) {
          if (won[i] * met[one] > won[one] * met[i]) one = i;
          if (won[i] * met[other] < won[other] * met[i]) other = i;
        }
      if (one === other) other = (one + 1 + Math.floor(random() * 3)) % 4;
      const isWon = random() < strengths[one] / (strengths[one] + strengths[other]);
      const [winner, loser] = isWon ? [one, other] : [other, one];
      won[winner]++;
      met[winner]++;
      met[loser]++;
      pair[winner * 4 + loser]++;
    },
    leaving(isIn) {
      let leaving = 0;
      for (let i = 0; i < 4; i++) {
        if (((isIn >> i) & 1) === 0) continue;
        let isLost = losesMost(won[i], met[i]) === 1;
        for (let j = 0; j < 4 && !isLost; j++)
          if (j !== i && (isIn >> j) & 1) isLost = losesTo(pair[i * 4 + j], pair[i * 4 + j] + pair[j * 4 + i]) === 1;
        if (isLost) leaving |= 1 << i;
      }
      return leaving === isIn ? 0 : leaving;
    },
    counted: () =>
      [...pair].flatMap((votes, i) =>
        votes === 0 ? [] : [{ votes, choice: { winner: names[i >> 2], loser: names[i & 3] } }],
      ),
  };
}

/** In sixths: a ballot's largest difference is 3 points of 3. */
const isBehind = remembered((sum, n) => Number(isBelowHalf(sum / 6, n / 6, (alpha / 6) * shareAfter(0))));

/** Ballots with all four entries, drawn one after the other by these weights (Plackett and Luce's model). */
function ballot(weights: readonly number[]): Contest {
  const points = new Int32Array(4);
  const given = new Map<string, number>();
  let ballots = 0;
  return {
    vote(random) {
      let left = 15;
      let ranking = '';
      for (let place = 0; place < 4; place++) {
        let all = 0;
        for (let i = 0; i < 4; i++) if ((left >> i) & 1) all += weights[i];
        let drawn = random() * all;
        let entry = -1;
        for (let i = 0; i < 4 && drawn >= 0; i++) if ((left >> i) & 1) [entry, drawn] = [i, drawn - weights[i]];
        left &= ~(1 << entry);
        points[entry] += 3 - place;
        ranking += names[entry];
      }
      given.set(ranking, (given.get(ranking) ?? 0) + 1);
      ballots++;
    },
    leaving(isIn) {
      let most = 0;
      for (let i = 0; i < 4; i++) if ((isIn >> i) & 1 && points[i] > most) most = points[i];
      let leaving = 0;
      for (let i = 0; i < 4; i++)
        if ((isIn >> i) & 1 && isBehind(3 * ballots + points[i] - most, 6 * ballots) === 1) leaving |= 1 << i;
      return leaving;
    },
    counted: () => [...given].map(([ranking, votes]) => ({ votes, choice: { ranking: [...ranking] } })),
  };
}

describe(`${SIMULATIONS} contests, looked at after every vote: a best entry is lost no more often than promised`, () => {
  const bounds = anytime((alpha / 4) * shareAfter(0));
  const equal = [1, 1, 1, 1];

  test.each([
    ['equally good', [0.5, 0.5, 0.5, 0.5], 15],
    ['equally bad', [0.05, 0.05, 0.05, 0.05], 15],
    ['one is best', [0.6, 0.55, 0.5, 0.3], 1],
  ])('approval, %s', (_, shares, best) => {
    expect(errorOf('approval', () => approval(shares, bounds), best, 800)).toBeLessThanOrEqual(alpha);
  });

  test.each([
    ['equal', equal, 15],
    ['two are best', [2, 2, 1, 0.5], 3],
  ])('pairwise, %s', (_, strengths, best) => {
    expect(errorOf('pairwise', () => pairwise(strengths), best, 600)).toBeLessThanOrEqual(alpha);
  });

  test.each([
    ['equal', equal, 15],
    ['two are best', [2, 2, 1, 0.5], 3],
  ])('ballot, %s', (_, weights, best) => {
    expect(errorOf('ballot', () => ballot(weights), best, 300)).toBeLessThanOrEqual(alpha);
  });
});

describe('why other intervals would not do', () => {
  test(`Wilson’s, of 95 %: who looks once, at the end, is safe; who looks after every vote is not`, () => {
    const random = seeded(20_260_115);
    let [lost, lostAtEnd] = [0, 0];
    for (let simulation = 0; simulation < SIMULATIONS; simulation++) {
      const contest = approval([0.5, 0.5, 0.5, 0.5], wilson);
      let isLost = false;
      for (let vote = 0; vote < 800; vote++) {
        contest.vote(random);
        isLost ||= contest.leaving(15) !== 0;
      }
      lost += Number(isLost);
      lostAtEnd += Number(contest.leaving(15) !== 0);
    }
    expect(lostAtEnd / SIMULATIONS).toBeLessThanOrEqual(alpha);
    expect(lost / SIMULATIONS).toBeGreaterThan(3 * alpha);
  });

  test('one mean, looked at five hundred times: held as promised, and by bounds that are not much wider than they must be', () => {
    const { low, high } = anytime(alpha);
    const random = seeded(7);
    let [missed, missedWilson] = [0, 0];
    for (let simulation = 0; simulation < SIMULATIONS; simulation++) {
      let up = 0;
      let [isMissed, isMissedWilson] = [false, false];
      for (let n = 1; n <= 500; n++) {
        if (random() < 0.5) up++;
        isMissed ||= low(up, n) > 0.5 || high(up, n) < 0.5;
        isMissedWilson ||= wilson.low(up, n) > 0.5 || wilson.high(up, n) < 0.5;
      }
      missed += Number(isMissed);
      missedWilson += Number(isMissedWilson);
    }
    expect(missed / SIMULATIONS).toBeLessThanOrEqual(alpha);
    expect(missed / SIMULATIONS).toBeGreaterThan(alpha / 5);
    expect(missedWilson / SIMULATIONS).toBeGreaterThan(5 * alpha);
  });

  test('votes that are changed without end: the bounds hold only as every change takes its share of alpha', () => {
    const [voters, changes] = [50, 2_000];
    const error = (isPaid: boolean) => {
      const tables = Array.from({ length: isPaid ? changes : 1 }, (_, change) =>
        remembered((sum, n) => Number(isBelowHalf(sum, n, alpha * shareAfter(change)))),
      );
      const random = seeded(11);
      let lost = 0;
      for (let simulation = 0; simulation < SIMULATIONS; simulation++) {
        const said = Uint8Array.from({ length: voters }, () => Number(random() < 0.5));
        let up = said.reduce((sum, one) => sum + one, 0);
        for (let change = 0; change < changes; change++) {
          if (tables[isPaid ? change : 0](up, voters) === 1) {
            lost++;
            break;
          }
          const voter = Math.floor(random() * voters);
          up -= said[voter];
          said[voter] = Number(random() < 0.5);
          up += said[voter];
        }
      }
      return lost / SIMULATIONS;
    };
    expect(error(true)).toBeLessThanOrEqual(alpha);
    expect(error(false)).toBeGreaterThan(alpha);
  });
});
