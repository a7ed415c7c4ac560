import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Duels } from './duels.js';
import { strengths } from './likeliest.js';
import { belief, bestPairs, choosePair, pairKey } from './next-pair.js';
import { seeded } from './random.js';

const duelsAmong = (n: number) =>
  fc.array(
    fc
      .record({ winner: fc.nat(n - 1), loser: fc.nat(n - 1), count: fc.integer({ min: 1, max: 9 }) })
      .filter(({ winner, loser }) => winner !== loser),
    { maxLength: 40 },
  );
const namesOf = (n: number) => Array.from({ length: n }, (_, i) => `e${i}`);

test('the pairs of most gain, as when all are sorted', () => {
  fc.assert(
    fc.property(duelsAmong(9), fc.integer({ min: 1, max: 50 }), fc.array(fc.nat(80)), (duels, most, leftOut) => {
      const believed = belief(9, duels, new Map());
      const isLeftOut = (key: number) => leftOut.includes(key);
      const all = bestPairs(believed, 36).filter(({ first, second }) => !isLeftOut(pairKey(first, second, 9)));
      expect(all.map(({ gain }) => gain)).toEqual(all.map(({ gain }) => gain).toSorted((a, b) => b - a));
      expect(bestPairs(believed, most, isLeftOut)).toEqual(all.slice(0, most));
    }),
  );
  expect(bestPairs(belief(9, [], new Map()), 100)).toHaveLength(36);
  expect(bestPairs(belief(1, [], new Map()), 100)).toEqual([]);
});

test('the gain is what the vote takes from the entropy of the belief about both, when it is recounted', () => {
  const duels = [{ winner: 0, loser: 1, count: 40 }];
  const [pair] = bestPairs(belief(2, duels, new Map()), 1);
  const { means, variances } = belief(2, duels, new Map());
  const odds = 1 / (1 + Math.exp(means[1] - means[0]));
  const variance = variances[0] + variances[1];
  // Entropy of a normal distribution: half the logarithm of its variance; precisions add.
  const after = 1 / (1 / variance + odds * (1 - odds));
  expect(pair.gain).toBeCloseTo((Math.log2(variance) - Math.log2(after)) / 2, 9);
});

test('what was not met is worth more than what was; near equals more than a sure win; what was shown waits for its votes', () => {
  const gains = (duels: Duels[], shown = new Map<number, number>()) =>
    new Map(bestPairs(belief(4, duels, shown), 6).map(({ first, second, gain }) => [`${first}${second}`, gain]));
  const met = gains([
    { winner: 0, loser: 1, count: 20 },
    { winner: 1, loser: 0, count: 20 },
  ]);
  expect(met.get('23')!).toBeGreaterThan(met.get('02')!);
  expect(met.get('02')!).toBeGreaterThan(met.get('01')!);
  const sure = gains([
    { winner: 0, loser: 1, count: 20 },
    { winner: 2, loser: 3, count: 10 },
    { winner: 3, loser: 2, count: 10 },
  ]);
  expect(sure.get('02')!).toBeGreaterThan(sure.get('01')!);
  const shown = gains([], new Map([[pairKey(0, 1, 4), 5]]));
  expect(shown.get('23')!).toBeGreaterThan(shown.get('01')!);
  // Votes that came are not counted a second time as shown.
  const duels = [{ winner: 0, loser: 1, count: 5 }];
  expect(gains(duels, new Map([[pairKey(0, 1, 4), 5]]))).toEqual(gains(duels));
});

test('a voter is given the same pair again, voters who come at once are spread, and what is almost equal only', () => {
  const names = namesOf(20);
  const pairs = bestPairs(belief(20, [], new Map()), 1_000);
  const given = Array.from({ length: 400 }, (_, i) => choosePair(pairs, `v${i}`, names)!);
  expect(choosePair(pairs, 'v7', names)).toEqual(given[7]);
  expect(new Set(given.map(({ first, second }) => pairKey(first, second, 20))).size).toBeGreaterThan(120);
  expect(given.filter(({ first, second }) => first < second).length).toBeLessThan(240);
  expect(given.filter(({ first, second }) => first > second).length).toBeLessThan(240);
  const times = names.map((_, i) => given.filter(({ first, second }) => first === i || second === i).length);
  // 40 on average.
  expect(Math.min(...times)).toBeGreaterThan(20);
  expect(Math.max(...times)).toBeLessThan(65);
  const uneven = bestPairs(belief(20, [{ winner: 0, loser: 1, count: 50 }], new Map()), 1_000);
  const chosen = Array.from({ length: 200 }, (_, i) => choosePair(uneven, `v${i}`, names)!.gain);
  expect(Math.min(...chosen)).toBeGreaterThanOrEqual(0.8 * uneven[0].gain);
  expect(choosePair([], 'v', names)).toBe(null);
});

test('of a thousand entries that nothing is known of, all are shown', () => {
  const pairs = bestPairs(belief(1_000, [], new Map()), 1_000);
  expect(new Set(pairs.flatMap(({ first, second }) => [first, second])).size).toBeGreaterThan(800);
});

test('finds the order with fewer votes than pairs by chance', () => {
  const [entries, votes] = [24, 480];
  const truth = Array.from({ length: entries }, (_, i) => Math.exp((entries - i) / 4));
  const names = namesOf(entries);
  const errorOf = (isChosen: boolean, seed: number) => {
    const random = seeded(seed);
    const duels: Duels[] = [];
    for (let vote = 0; vote < votes; vote++) {
      let one = Math.floor(random() * entries);
      let other = (one + 1 + Math.floor(random() * (entries - 1))) % entries;
      if (isChosen) {
        const pair = choosePair(bestPairs(belief(entries, duels, new Map()), 300), `v${vote}`, names)!;
        [one, other] = [pair.first, pair.second];
      }
      const isWon = random() < truth[one] / (truth[one] + truth[other]);
      duels.push({ winner: isWon ? one : other, loser: isWon ? other : one, count: 1 });
    }
    const found = strengths(
      duels,
      1,
      truth.map(() => 1),
    );
    // Pairs in the wrong order.
    return truth.reduce((sum, _, i) => sum + found.filter((one, j) => j > i && one > found[i]).length, 0);
  };
  const seeds = [1, 2, 3, 4, 5, 6];
  const sum = (isChosen: boolean) => seeds.reduce((all, seed) => all + errorOf(isChosen, seed), 0);
  const [chosen, byChance] = [sum(true), sum(false)];
  expect(chosen).toBeLessThan(byChance * 0.9);
});
