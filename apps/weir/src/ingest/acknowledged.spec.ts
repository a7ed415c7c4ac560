import { expect, test } from 'vitest';
import { Acknowledged } from './acknowledged.js';

test('the place moves over a gap only when that is acknowledged, too', () => {
  const acknowledged = new Acknowledged({ position: 0, lines: 0, season: null });
  const [first, second, third] = [10, 20, 30].map((position) =>
    acknowledged.sent({ position, lines: position / 10, season: null }),
  );
  second();
  expect(acknowledged.place.position).toBe(0);
  first();
  expect(acknowledged.place).toEqual({ position: 20, lines: 2, season: null });
  third();
  expect(acknowledged.place.position).toBe(30);
});
