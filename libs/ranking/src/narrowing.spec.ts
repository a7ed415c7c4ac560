import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CountedChoice } from './choice.js';
import { boundsOf, isBelowHalf, shareAfter } from './confidence-sequence.js';
import { eliminate } from './elimination.js';
import { halve } from './halving.js';
import type { Judged } from './judged.js';
import { isDue, isIn, type Step, stageAfter } from './narrowing.js';
import type { DecayedChoice } from './trending.js';

const counted = (choices: readonly CountedChoice[]): DecayedChoice[] =>
  choices.map((one) => ({ ...one, weight: one.votes, squares: one.votes }));

describe('bounds', () => {
  test('are the mixture’s: against its integral, and in closed form where all said yes', () => {
    // All 10 said yes: the mixture has won 1 / (11 p^10).
    expect(boundsOf(10, 10, 0.05)).toEqual({ low: expect.closeTo((0.05 / 11) ** 0.1, 9), high: 1 });
    expect(boundsOf(0, 10, 0.05)).toEqual({ low: 0, high: expect.closeTo(1 - (0.05 / 11) ** 0.1, 9) });
    expect(boundsOf(0, 0, 0.05)).toEqual({ low: 0, high: 1 });
    const wealth = (sum: number, n: number, p: number) => {
      const steps = 20_000;
      let area = 0;
      for (let i = 0; i < steps; i++) {
        const q = (i + 0.5) / steps;
        area += Math.exp(sum * Math.log(q / p) + (n - sum) * Math.log((1 - q) / (1 - p))) / steps;
      }
      return area;
    };
    for (const [sum, n, alpha] of [
      [7, 20, 0.05],
      [61.5, 100, 0.01],
      [3, 400, 0.001],
    ]) {
      const { low, high } = boundsOf(sum, n, alpha);
      for (const edge of [low, high]) expect(wealth(sum, n, edge) * alpha).toBeCloseTo(1, 4);
    }
  });

  test('hold the mean of the votes, say the same as the short cut, widen with confidence and with changes', () => {
    const votes = fc
      .integer({ min: 0, max: 3_000 })
      .chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)));
    fc.assert(
      fc.property(votes, fc.double({ min: 1e-6, max: 0.5, noNaN: true }), ([sum, n], alpha) => {
        const { low, high } = boundsOf(sum, n, alpha);
        expect(low).toBeLessThanOrEqual(n === 0 ? 0.5 : sum / n);
        expect(high).toBeGreaterThanOrEqual(n === 0 ? 0.5 : sum / n);
        if (Math.abs(high - 0.5) > 1e-9) expect(isBelowHalf(sum, n, alpha)).toBe(high < 0.5);
        const wider = boundsOf(sum, n, alpha * shareAfter(1));
        expect(wider.low <= low && wider.high >= high).toBe(true);
      }),
    );
  });

  test('shares of alpha are 1 together, over however many changes', () => {
    const sum = Array.from({ length: 100_000 }, (_, changes) => shareAfter(changes)).reduce((a, b) => a + b, 0);
    expect(sum).toBeLessThanOrEqual(1);
    expect(sum).toBeCloseTo(1, 4);
  });
});

const letters = [...'ABCDE'];
const entryOf = fc.constantFrom(...letters);
const voteOf = {
  approval: fc.record({ entry: entryOf, value: fc.constantFrom(-1, 0, 1, 1) }),
  pairwise: fc.uniqueArray(entryOf, { minLength: 2, maxLength: 2 }).map(([winner, loser]) => ({ winner, loser })),
  ballot: fc.record({ ranking: fc.uniqueArray(entryOf, { minLength: 1 }) }),
};
/** Votes, some of which have been changed since; and entries that are in. */
const states = <T>(choice: fc.Arbitrary<T>) =>
  fc.record({
    cast: fc.array(fc.record({ choice, votes: fc.integer({ min: 1, max: 60 }), isFair: fc.boolean() }), {
      maxLength: 12,
    }),
    gone: fc.array(fc.nat(11), { maxLength: 2 }),
    entries: fc.subarray(letters, { minLength: 1 }),
  });

describe.each(['approval', 'pairwise', 'ballot'] as const)('elimination, %s', (mode) => {
  test('who leaves is surely worse by the numbers that are shown, and never all', () => {
    fc.assert(
      fc.property(states<CountedChoice['choice']>(voteOf[mode]), ({ cast, gone, entries }) => {
        const kept = cast.filter((_, i) => !gone.includes(i));
        const judged = eliminate(mode, 0.95, {
          field: letters,
          entries,
          counted: kept.filter(({ isFair }) => isFair),
          changed: cast.filter((_, i) => gone.includes(i)),
        });
        expect(judged.map(({ entry }) => entry).sort()).toEqual(entries.toSorted());
        expect(judged.some(({ stays }) => stays)).toBe(true);
        for (const { low, high, score, limit, why, against } of judged) {
          expect(low! <= score + 1e-9 && score <= high! + 1e-9).toBe(true);
          expect(why === 'not-surely-worse').toBe(high! >= limit);
          if (against !== null) expect(entries).toContain(against);
        }
        for (const { entry, stays, alpha: part, against } of judged) {
          const [sum, n, share] = recount(
            mode,
            entry,
            against,
            cast.map((vote, i) => ({ ...vote, isGone: gone.includes(i) })),
          );
          const one = judged.find((other) => other.entry === entry)!;
          expect(one.votes).toBe(n);
          expect(part).toBeCloseTo(share, 12);
          expect(one.high).toBeCloseTo(boundsOf(sum, n, share).high, 9);
          if (!stays) expect(one.high).toBeLessThan(one.limit);
        }
      }),
    );
  });
});

/** Sum and number of the values that an entry is judged by, and its part of 0.05; vote by vote. */
function recount(
  mode: 'approval' | 'pairwise' | 'ballot',
  entry: string,
  against: string | null,
  cast: readonly (CountedChoice & { isGone: boolean; isFair: boolean })[],
): [number, number, number] {
  const worthOf = ({ choice }: CountedChoice): number | null => {
    if ('entry' in choice) return choice.entry !== entry || choice.value === 0 ? null : Number(choice.value > 0);
    if ('winner' in choice) {
      const both = [choice.winner, choice.loser];
      if (!both.includes(entry) || (against !== null && !both.includes(against))) return null;
      return Number(choice.winner === entry);
    }
    if ('ballots' in choice) throw new TypeError('each ballot is by itself here');
    const points = (of: string) => {
      const place = choice.ranking.indexOf(of);
      return place < 0 ? (letters.length - choice.ranking.length - 1) / 2 : letters.length - 1 - place;
    };
    return against === null ? 0.5 : (1 + (points(entry) - points(against)) / 4) / 2;
  };
  const isAbout = (one: CountedChoice) =>
    worthOf(one) !== null || ('entry' in one.choice && one.choice.entry === entry);
  const total = (some: readonly CountedChoice[]) => some.reduce((sum, { votes }) => sum + votes, 0);
  const changes = total(cast.filter((one) => one.isGone && isAbout(one)));
  const parts = { approval: 5, pairwise: against === null ? 10 : 20, ballot: 10 };
  const valued = cast.filter((one) => !one.isGone && one.isFair && worthOf(one) !== null);
  const sum = valued.reduce((all, one) => all + worthOf(one)! * one.votes, 0);
  return [sum, total(valued), (0.05 / parts[mode]) * shareAfter(changes)];
}

test('in a circle, where each surely loses to another, nobody leaves', () => {
  const duels = [
    ['A', 'B'],
    ['B', 'C'],
    ['C', 'A'],
  ].map(([winner, loser]) => ({ votes: 100, choice: { winner, loser } }));
  const evidence = { field: ['A', 'B', 'C'], entries: ['A', 'B', 'C'], counted: duels, changed: [] };
  const judged = eliminate('pairwise', 0.95, evidence);
  expect(judged.map(({ why, against }) => [why, against])).toEqual([
    ['circle', 'C'],
    ['circle', 'A'],
    ['circle', 'B'],
  ]);
});

describe('halving', () => {
  const yes = (entry: string, up: number, down: number): CountedChoice[] => [
    { votes: up, choice: { entry, value: 1 } },
    { votes: down, choice: { entry, value: -1 } },
  ];
  const outcome = (judged: readonly Judged[]) => judged.map(({ entry, why }) => `${entry} ${why}`);

  test('of five the better three stay, and who is tied with the third', () => {
    const votes = [...yes('A', 9, 1), ...yes('B', 8, 2), ...yes('C', 7, 3), ...yes('D', 6, 4), ...yes('E', 1, 9)];
    expect(outcome(halve('approval', letters, counted(votes)))).toEqual([
      'A better-half',
      'B better-half',
      'C better-half',
      'D lesser-half',
      'E lesser-half',
    ]);
    const tied = [...votes, ...yes('D', 8, 2)];
    expect(outcome(halve('approval', letters, counted(tied)))).toEqual([
      'A better-half',
      'B better-half',
      'C tied',
      'D tied',
      'E lesser-half',
    ]);
  });

  test('of old votes in a trend the better half stays, little as they weigh', () => {
    const faded = (entry: string, weight: number) => ({
      choice: { entry, value: 1 },
      votes: 1,
      weight,
      squares: weight ** 2,
    });
    expect(outcome(halve('trending', ['A', 'B'], [faded('A', 1e-12), faded('B', 2e-12)]))).toEqual([
      'B better-half',
      'A lesser-half',
    ]);
  });

  test('without votes all are tied', () => {
    for (const mode of ['approval', 'pairwise', 'ballot', 'trending'] as const)
      expect(new Set(halve(mode, letters, []).map(({ why }) => why))).toEqual(new Set(['tied']));
  });

  test('at least half stays, by score; everybody who scores as much as one who stays does', () => {
    const votes = fc.array(
      voteOf.pairwise.map((choice) => ({ choice, votes: 1 })),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(votes, fc.subarray(letters), (all, entries) => {
        const judged = halve('pairwise', entries, counted(all));
        const staying = judged.filter(({ stays }) => stays);
        expect(staying.length).toBeGreaterThanOrEqual(Math.ceil(entries.length / 2));
        const least = Math.min(...staying.map(({ score }) => score));
        for (const { stays, score } of judged) if (!stays) expect(score).toBeLessThan(least);
        if (staying.length > Math.ceil(entries.length / 2))
          expect(staying.filter(({ why }) => why === 'tied').length).toBeGreaterThan(1);
      }),
      { numRuns: 60 },
    );
  });
});

describe('rounds', () => {
  const judgedOf = (stays: string, leaves: string): Judged[] =>
    [...stays, ...leaves].map((entry) => ({
      entry,
      stays: stays.includes(entry),
      why: 'better-half',
      score: 0,
      low: null,
      high: null,
      limit: 0,
      against: null,
      alpha: null,
      votes: 0,
      changes: 0,
    }));
  const step = (action: Step['action'], at: number, judged: readonly Judged[] = [], takenAt = at): Step => ({
    action,
    at,
    takenAt,
    judged,
    undoneAt: null,
  });
  const due = (steps: readonly Step[], now: number) => [10, 20, 30].filter((deadline) => isDue(deadline, steps, now));

  test('entries that left are out, those that came after the first round never were in; one that was withdrawn may come back', () => {
    const steps = [step('advance', 1, judgedOf('ABC', 'D')), step('deadline', 10, judgedOf('A', 'B'))];
    const stage = stageAfter(steps);
    expect(['A', 'B', 'C', 'D', 'E'].filter((entry) => isIn(stage, entry))).toEqual(['A', 'C']);
    expect(stage.round).toBe(3);
    expect(stageAfter(steps, 10)).toEqual(stageAfter(steps.slice(0, 1)));
    expect(isIn(stageAfter([]), 'E')).toBe(true);
  });

  test('undoing the last step leaves what was there before, whatever came before it', () => {
    const one = fc.record({
      action: fc.constantFrom('advance' as const, 'deadline' as const, 'freeze' as const),
      judged: fc
        .subarray(letters)
        .map((stays) => judgedOf(stays.join(''), letters.filter((e) => !stays.includes(e)).join(''))),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 8 }), (given) => {
        const steps = given.map(({ action, judged }, i) => step(action, i, action === 'freeze' ? [] : judged));
        const undone = steps.map((each, i) => (i === steps.length - 1 ? { ...each, undoneAt: 99 } : each));
        expect(stageAfter(undone)).toEqual(stageAfter(steps.slice(0, -1)));
      }),
    );
  });

  test('deadlines pass in order, once; not while a round is frozen, and not those that an advance came after', () => {
    expect(due([], 9)).toEqual([]);
    expect(due([], 25)).toEqual([10, 20]);
    expect(due([step('deadline', 10)], 25)).toEqual([20]);
    expect(due([{ ...step('deadline', 10), undoneAt: 12 }], 15)).toEqual([]);
    expect(due([step('freeze', 5)], 25)).toEqual([]);
    expect(due([step('freeze', 5), step('advance', 5, [], 12)], 25)).toEqual([20]);
    // Undone, the freeze never was: what passed meanwhile is due.
    expect(due([{ ...step('freeze', 5), undoneAt: 12 }], 15)).toEqual([10]);
  });
});
