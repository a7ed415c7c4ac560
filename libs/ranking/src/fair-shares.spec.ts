import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fairShares } from './fair-shares.js';

test('one busy contest fills a fifth of the list, one actor a tenth; the rest is for others', () => {
  const busy = Array.from({ length: 50 }, (_, i) => ({ contest: 'busy', actor: null, entry: `b${i}` }));
  const eager = Array.from({ length: 9 }, (_, i) => ({ contest: `c${i}`, actor: 'eve', entry: `e${i}` }));
  const others = Array.from({ length: 30 }, (_, i) => ({ contest: `o${i}`, actor: `a${i}`, entry: `o${i}` }));
  const { listed, heldBack } = fairShares([...busy, ...eager, ...others], 20);
  expect(listed.map(({ entry }) => entry)).toEqual([
    ...['b0', 'b1', 'b2', 'b3', 'e0', 'e1'],
    ...others.slice(0, 14).map(({ entry }) => entry),
  ]);
  expect(heldBack).toEqual([
    { because: 'contest', of: 'busy', entries: 46 },
    { because: 'actor', of: 'eve', entries: 7 },
  ]);
});

test('what is listed is in order and within its shares, and what is missing was held back or comes later', () => {
  const one = fc.record({
    contest: fc.constantFrom('a', 'b', 'c'),
    actor: fc.option(fc.constantFrom('x', 'y', 'a')),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 40 }), fc.integer({ min: 1, max: 30 }), (ranked, limit) => {
      const { listed, heldBack, contestMax, actorMax } = fairShares(ranked, limit);
      const places = listed.map((item) => ranked.indexOf(item));
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      const most = (values: (string | null)[]) =>
        Math.max(
          0,
          ...Array.from(
            Map.groupBy(values, (value) => value),
            ([, all]) => all.length,
          ),
        );
      expect(most(listed.map(({ contest }) => contest))).toBeLessThanOrEqual(contestMax);
      expect(most(listed.flatMap(({ actor }) => actor ?? []))).toBeLessThanOrEqual(actorMax);
      const held = heldBack.reduce((sum, { entries }) => sum + entries, 0);
      const seen = listed.length === limit ? (places.at(-1) ?? -1) + 1 : ranked.length;
      expect(listed.length + held).toBe(seen);
    }),
  );
});
