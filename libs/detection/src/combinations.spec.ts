import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countCombinations, firstCombinations } from './combinations.js';

test('the first combinations are those that nested loops come to first, and all are counted', () => {
  const lists = fc.array(fc.array(fc.nat(9), { maxLength: 4 }), { maxLength: 4 });
  fc.assert(
    fc.property(lists, fc.nat(40), (of, max) => {
      const all = of.reduce<number[][]>((heads, list) => heads.flatMap((head) => list.map((n) => [...head, n])), [[]]);
      expect(firstCombinations(of, max)).toEqual(all.slice(0, max));
      expect(countCombinations(of)).toBe(all.length);
    }),
  );
});

test('what nobody could go through is begun, and counted', () => {
  const list = Array.from({ length: 20_000 }, (_, i) => i);
  expect(firstCombinations([list, list, list], 20_001).slice(-2)).toEqual([
    [0, 0, 19_999],
    [0, 1, 0],
  ]);
  expect(countCombinations([list, list])).toBe(400_000_000);
  expect(countCombinations(Array.from({ length: 100 }, () => list))).toBe(Number.MAX_SAFE_INTEGER);
  expect(countCombinations([...Array.from({ length: 100 }, () => list), []])).toBe(0);
});
