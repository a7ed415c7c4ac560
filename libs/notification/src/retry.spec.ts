import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs, retryAfterMs } from './retry.js';

const now = Date.UTC(2026, 0, 1);

test('the wait is any time up to twice as long as before, and an hour at most', () => {
  expect([0, 1, 2, 5, 11, 12, 1_000].map((attempts) => backoffMs(attempts, () => 1))).toEqual([
    1_000, 2_000, 4_000, 32_000, 2_048_000, 3_600_000, 3_600_000,
  ]);
  expect(backoffMs(5, () => 0)).toBe(0);
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (attempts, random) => {
      expect(backoffMs(attempts, () => random)).toBeLessThanOrEqual(backoffMs(attempts, () => 1));
    }),
  );
});

test.each([
  ['120', 120_000],
  [' 0 ', 0],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Thursday, 01-Jan-26 00:01:00 GMT', 60_000],
  ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
  ['9999999999', 86_400_000],
  ['soon', null],
  ['-5', null],
  ['', null],
  [undefined, null],
])('Retry-After: %s', (header, expected) => {
  expect(retryAfterMs(header, now)).toBe(expected);
});
