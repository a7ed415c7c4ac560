import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FeedCursor } from '#libs/feed';
import { Problem } from '../../../platform/src/index.js';
import { encodeCursor } from '../http/cursor.js';
import { beginning, readCursor, readSince, turnSince, writeCursor, writeSince } from './feed-cursor.js';

const now = { generation: 'abcd1234', turn: 7 };
const place = fc.option(
  fc.record({
    at: fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
    tie: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  }),
);
const keys = fc
  .array(fc.stringMatching(/^[0-9a-f]{12}$/), { maxLength: 400 })
  .map((all): ReadonlySet<string> => new Set(all));
const cursor: fc.Arbitrary<FeedCursor> = fc.record({
  mode: fc.constantFrom('latest', 'ranked'),
  generation: fc.constant(now.generation),
  turn: fc.maxSafeNat(),
  since: fc.option(fc.maxSafeNat()),
  before: place,
  end: place,
  shown: keys,
  passed: keys,
});

test('a cursor comes back as it went, and fits into an address', () => {
  fc.assert(
    fc.property(cursor, (given) => {
      const text = writeCursor(given);
      expect(readCursor(text, now)).toEqual(given);
      expect(text.length).toBeLessThan(12_000);
    }),
  );
});

test('what is none is refused, whoever made it', () => {
  const packed = JSON.parse(Buffer.from(writeCursor(beginning('latest', now, null)), 'base64url').toString()) as object;
  const names = fc.constantFrom(...Object.keys(packed));
  const wrong = fc.constantFrom<unknown>(-1, 1e300, 1.5, [1], [0, 'x'], [1e300, '0'], '%', true, undefined, {});
  fc.assert(
    fc.property(names, wrong, (name, value) => {
      const forged = encodeCursor({ ...packed, [name]: value });
      expect(() => readCursor(forged, now)).toThrow(Problem);
    }),
  );
});

test('no place lies beyond what PostgreSQL counts to', () => {
  const packed = { m: 'latest', g: now.generation, t: 1, n: null, e: null, s: '', p: '' };
  const { before } = readCursor(encodeCursor({ ...packed, b: [0, '9999999999999999999'] }), now);
  expect(BigInt(before!.tie)).toBeLessThan(2n ** 63n);
});

test('turns of before a rebuild mean nothing; of before there was anything, all is new', () => {
  const old = { ...now, generation: 'other' };
  expect(() => readCursor(writeCursor(beginning('ranked', old, null)), now)).toThrow(/before feeds were rebuilt/);
  expect(() => turnSince(readSince(writeSince(old)), now)).toThrow(/before feeds were rebuilt/);
  expect(turnSince(readSince(writeSince({ generation: '', turn: 0 })), now)).toBe(0);
  expect(turnSince(readSince(writeSince({ ...now, turn: 3 })), now)).toBe(3);
});
