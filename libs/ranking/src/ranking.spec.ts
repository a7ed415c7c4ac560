import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bayesianAverage, wilson } from './approval.js';
import { borda, schulze } from './ballots.js';
import { bradleyTerry } from './bradley-terry.js';
import type { CountedChoice } from './choice.js';
import { pairsOf } from './duels.js';
import { likeliest, strengths } from './likeliest.js';
import { methods } from './methods.js';
import { onlineRating } from './online-rating.js';
import { seeded } from './random.js';
import { ranked } from './ranks.js';
import type { Scored } from './scored.js';
import { curvatureBack, resampled, workedOut } from './strength-intervals.js';
import { trending } from './trending.js';

const letters = [...'ABCDE'];
const order = (scored: readonly Scored[]) =>
  ranked(scored)
    .map(({ entry }) => entry)
    .join('');
const ballots = (...given: [number, string][]): CountedChoice[] =>
  given.map(([votes, ranking]) => ({ votes, choice: { ranking: [...ranking] } }));

describe('published examples', () => {
  // Schulze's own example 1, https://electowiki.org/wiki/Schulze_method: E > A > C > B > D.
  const example = ballots(
    [5, 'ACBED'],
    [5, 'ADECB'],
    [8, 'BEDAC'],
    [3, 'CABED'],
    [7, 'CAEBD'],
    [2, 'CBADE'],
    [7, 'DCEBA'],
    [8, 'EBADC'],
  );
  test('Schulze: 45 voters, 5 candidates', () => {
    expect(order(schulze(letters, example))).toBe('EACBD');
    expect(ranked(schulze(letters, example)).map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5]);
  });

  // https://electowiki.org/wiki/Borda_count: 126, 194, 173, 107 points of 100 ballots.
  test('Borda: the capital of Tennessee', () => {
    const cities = ['Memphis', 'Nashville', 'Chattanooga', 'Knoxville'];
    const votes = [
      [42, [0, 1, 2, 3]],
      [26, [1, 2, 3, 0]],
      [15, [2, 3, 1, 0]],
      [17, [3, 2, 1, 0]],
    ] as const;
    const counted = votes.map(([n, of]) => ({ votes: n, choice: { ranking: of.map((i) => cities[i]) } }));
    const points = Object.fromEntries(
      borda(cities, counted).map(({ entry, score }) => [entry, Math.round(score * 100)]),
    );
    expect(cities.map((city) => points[city])).toEqual([126, 194, 173, 107]);
  });

  // Agresti, "Categorical Data Analysis" (2nd edition), p. 438: the 1987 season of the American League's Eastern Division, home and
  // away. Games and maximum likelihood estimates against Baltimore are those of R's BradleyTerry2: data/baseball.csv and
  // tests/baseball.Rout.save in https://github.com/hturner/BradleyTerry2.
  test('Bradley–Terry: seven baseball teams', () => {
    const teams = ['Baltimore', 'Boston', 'Cleveland', 'Detroit', 'Milwaukee', 'New York', 'Toronto'];
    /** By home team and guest: games won at home, and lost. */
    const season = [
      [[], [1, 6], [3, 4], [1, 5], [2, 5], [2, 4], [1, 6]],
      [[6, 0], [], [5, 2], [2, 5], [5, 1], [4, 2], [3, 3]],
      [[2, 4], [4, 2], [], [3, 3], [2, 5], [4, 3], [3, 4]],
      [[4, 3], [6, 0], [6, 1], [], [3, 3], [4, 3], [4, 2]],
      [[6, 0], [6, 1], [4, 2], [4, 3], [], [4, 3], [4, 2]],
      [[6, 1], [4, 3], [4, 2], [5, 1], [3, 3], [], [2, 5]],
      [[6, 0], [4, 3], [4, 2], [4, 3], [2, 5], [2, 4], []],
    ];
    const games = season.flatMap((guests, home) =>
      guests.flatMap(([won = 0, lost = 0], guest) => [
        { winner: home, loser: guest, count: won },
        { winner: guest, loser: home, count: lost },
      ]),
    );
    const played = games.filter(({ count }) => count > 0);
    const [baltimore, ...others] = strengths(
      played,
      0,
      teams.map(() => 1),
    ).map(Math.log);
    expect(others.map((one) => (one - baltimore).toFixed(4))).toEqual([
      '1.1077',
      '0.6839',
      '1.4364',
      '1.5814',
      '1.2476',
      '1.2945',
    ]);
  });

  // R's binom.confint(method = "wilson"), as statsmodels compares with: statsmodels/stats/tests/results/results_proportion.py in
  // https://github.com/statsmodels/statsmodels.
  test('Wilson: 18 of 20, 4 of 20, 4 of 200, 190 of 200', () => {
    const counts: [string, number, number][] = [
      ['A', 18, 20],
      ['B', 4, 20],
      ['C', 4, 200],
      ['D', 190, 200],
    ];
    const votes = counts.flatMap(([entry, yes, all]) => [
      { votes: yes, choice: { entry, value: 1 } },
      { votes: all - yes, choice: { entry, value: -1 } },
    ]);
    const entries = counts.map(([entry]) => entry);
    expect(wilson(entries, votes).map(({ low, high }) => [low.toFixed(10), high.toFixed(10)])).toEqual([
      ['0.6989663548', '0.9721335188'],
      ['0.0806576626', '0.4160174323'],
      ['0.0078044264', '0.0502870869'],
      ['0.9104218519', '0.9726173544'],
    ]);
  });
});

const entryOf = fc.constantFrom(...letters);
const choices = {
  approval: fc.record({ entry: entryOf, value: fc.constantFrom(-1, 0, 1) }),
  trending: fc.record({ entry: entryOf, value: fc.constantFrom(-1, 0, 1) }),
  pairwise: fc.uniqueArray(entryOf, { minLength: 2, maxLength: 2 }).map(([winner, loser]) => ({ winner, loser })),
  ballot: fc.record({ ranking: fc.uniqueArray(entryOf, { minLength: 1 }) }),
};

describe.each(methods)('$name', ({ mode, score, ordered }) => {
  const voted = fc.array(
    choices[mode].map((choice) => ({ choice, votes: 1, weight: 1, squares: 1 })),
    { maxLength: 40 },
  );

  test('scores every entry once, inside its interval; ranks agree with intervals', () => {
    fc.assert(
      fc.property(voted, (votes) => {
        const board = ranked(score(letters, votes));
        expect(board.map(({ entry }) => entry).sort()).toEqual(letters);
        for (const one of board) {
          expect(one.low).toBeLessThanOrEqual(one.score);
          expect(one.score).toBeLessThanOrEqual(one.high);
          expect(one.rank).toBe(1 + board.filter(({ low }) => low > one.high).length);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('equal votes may be counted together, and in any order where order does not matter', () => {
    fc.assert(
      fc.property(voted, (votes) => {
        const apart = ordered ? votes.flatMap((one) => [one, one]) : [...votes, ...votes.toReversed()];
        const together = votes.map((one) => ({ ...one, votes: 2, weight: 2, squares: 2 }));
        const scores = (given: typeof votes) => score(letters, given).map((one) => one.score.toFixed(6));
        expect(scores(together)).toEqual(scores(apart));
      }),
      { numRuns: 60 },
    );
  });
});

test('a Condorcet winner wins under Schulze', () => {
  const voted = fc.array(choices.ballot, { minLength: 1, maxLength: 15 });
  fc.assert(
    fc.property(voted, (votes) => {
      const before = (a: string, b: string) =>
        votes.filter(({ ranking }) => {
          const [i, j] = [ranking.indexOf(a), ranking.indexOf(b)];
          return i >= 0 && (j < 0 || i < j);
        }).length;
      const winner = letters.find((a) => letters.every((b) => a === b || before(a, b) > before(b, a)));
      const counted = votes.map((choice) => ({ choice, votes: 1 }));
      if (winner) expect(ranked(schulze(letters, counted))[0]).toMatchObject({ entry: winner, rank: 1 });
    }),
  );
});

test('intervals narrow with votes, so that ranks part', () => {
  const votes = (n: number) => [
    { votes: 6 * n, choice: { winner: 'A', loser: 'B' } },
    { votes: 4 * n, choice: { winner: 'B', loser: 'A' } },
  ];
  const ranks = (scored: Scored[]) => ranked(scored).map(({ rank }) => rank);
  expect(ranks(bradleyTerry(['A', 'B'], votes(1)))).toEqual([1, 1]);
  expect(ranks(bradleyTerry(['A', 'B'], votes(100)))).toEqual([1, 2]);
  expect(ranks(onlineRating(['A', 'B'], [{ votes: 60, choice: { winner: 'A', loser: 'B' } }]))).toEqual([1, 2]);
});

test('where votes are many, limits are what resamples come to', () => {
  const random = seeded(7);
  const n = 20;
  for (const skew of [0.2, 0.5, 1]) {
    const duels = Array.from({ length: 60_000 }, () => {
      const first = Math.floor(random() * n);
      const second = (first + 1 + Math.floor(random() * (n - 1))) % n;
      const isFirst = random() < 1 / (1 + Math.exp((skew * (first - second)) / 4));
      return isFirst ? { winner: first, loser: second, count: 1 } : { winner: second, loser: first, count: 1 };
    });
    const pairs = pairsOf(duels, n);
    const likely = likeliest(pairs, n);
    const back = curvatureBack(pairs, likely);
    const [worked, drawn] = [workedOut(pairs, likely, back)!, resampled(pairs, likely, back, 5_000)];
    const widths = likely.map(
      (_, i) => Math.log(worked.high[i] / worked.low[i]) / Math.log(drawn.high[i] / drawn.low[i]),
    );
    for (const width of widths) expect(width).toBeCloseTo(1, 1);
    expect(widths.reduce((sum, width) => sum + width / n, 0)).toBeCloseTo(1, 1.7);
  }
});

test('a single yes does not beat a hundred of a hundred and one', () => {
  const votes = [
    { votes: 1, choice: { entry: 'A', value: 1 } },
    { votes: 100, choice: { entry: 'B', value: 1 } },
    { votes: 1, choice: { entry: 'B', value: -1 } },
    { votes: 50, choice: { entry: 'C', value: -1 } },
  ];
  expect(ranked(bayesianAverage(['A', 'B', 'C'], votes))[0].entry).toBe('B');
});

test('old votes fade', () => {
  const votes = [
    { votes: 8, weight: 8 / 16, squares: 8 / 256, choice: { entry: 'A', value: 1 } },
    { votes: 1, weight: 1, squares: 1, choice: { entry: 'B', value: 1 } },
  ];
  expect(order(trending(['A', 'B'], votes))).toBe('BA');
});
