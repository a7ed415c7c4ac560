import { beforeAll, describe, expect, test } from 'vitest';
import { manners, unfound } from './attacks.js';
import { type Contested, contested } from './attacks-outcome.js';

/** test/bench/attacks.bench.ts goes through a hundred. */
const seeds = 20;
const winsMin = 18;

describe(`in ${seeds} contests with rings of 30 to 750 accounts`, () => {
  let contests: Contested[];
  beforeAll(() => {
    contests = Array.from({ length: seeds }, (_, i) => contested(i + 1));
  });

  test('fewer than one honest vote in a hundred is discounted', () => {
    for (const { honest } of contests) expect(honest.discounted / honest.votes).toBeLessThan(0.01);
  });

  test.each(Object.keys(manners).filter((manner) => !unfound.includes(manner)))(
    'the honest winner wins, as it would not have: %s',
    (manner) => {
      const wins = contests.map(({ rings }) => rings.get(manner)!.wins);
      expect(wins.filter(({ fair }) => fair).length).toBeGreaterThanOrEqual(winsMin);
      expect(wins.filter(({ raw }) => raw).length).toBeLessThan(0.6 * seeds);
    },
  );
});
