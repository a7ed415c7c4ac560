import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdentitySet } from './identity-set.js';

/** What the set means, without its ring and its table: when each identity was seen last. */
class Model {
  private readonly seenAt = new Map<string, number>();

  constructor(private readonly horizonMs: number) {}

  add(lo: number, hi: number, recordedAt: number): boolean {
    const id = `${lo}/${hi}`;
    const seenAt = this.seenAt.get(id) ?? Number.NEGATIVE_INFINITY;
    this.seenAt.set(id, recordedAt);
    return seenAt <= recordedAt - this.horizonMs;
  }
}

const words = fc.constantFrom(0, 1, 2, 512, 1024, -1, -512, 0x7fffffff, -0x80000000);

describe('IdentitySet', () => {
  const step = fc.record({ lo: words, hi: fc.constantFrom(0, 7, -7), passedMs: fc.constantFrom(0, 0, 1, 3, 10) });
  const steps = fc.array(step, { maxLength: 200 }).map((all) => {
    let recordedAt = 1000;
    return all.map(({ lo, hi, passedMs }, offset) => ({ lo, hi, offset, recordedAt: (recordedAt += passedMs) }));
  });

  it('remembers as its model does, whatever comes when', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 200 }), (all, horizonMs) => {
        const set = new IdentitySet(horizonMs, 1000);
        const model = new Model(horizonMs);
        for (const { lo, hi, recordedAt, offset } of all) {
          expect(set.add(lo, hi, recordedAt, offset)).toBe(model.add(lo, hi, recordedAt));
        }
        expect(set.evicted).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });

  it('is restored by reading again from where it says', () => {
    fc.assert(
      fc.property(steps, fc.nat(200), fc.integer({ min: 1, max: 200 }), (all, cut, horizonMs) => {
        const calm = new IdentitySet(horizonMs, 1000);
        const answers = all.map(({ lo, hi, recordedAt, offset }) => calm.add(lo, hi, recordedAt, offset));
        const before = new IdentitySet(horizonMs, 1000);
        for (const { lo, hi, recordedAt, offset } of all.slice(0, cut)) before.add(lo, hi, recordedAt, offset);
        const after = new IdentitySet(horizonMs, 1000);
        for (const { lo, hi, recordedAt, offset } of all.slice(before.rememberFrom ?? 0, cut))
          after.add(lo, hi, recordedAt, offset);
        for (const { lo, hi, recordedAt, offset } of all.slice(cut))
          expect(after.add(lo, hi, recordedAt, offset)).toBe(answers[offset]);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps to its limit, and counts what that pushes out', () => {
    const set = new IdentitySet(5000, 3000);
    for (let i = 0; i < 40_000; i++) {
      // Colliding low words; the pace changes, so that now the horizon binds, now the limit.
      const recordedAt = i < 20_000 ? i : 20_000 + (i - 20_000) * 3;
      expect(set.add(Math.imul(i, 64), Math.imul(i, 0x9e3779b1), recordedAt, i)).toBe(true);
    }
    expect(set.evicted).toBe(18_000); // 17,000 at a millisecond each, and 1,000 until the slower ones bind
    expect(set.add(Math.imul(39_000, 64), Math.imul(39_000, 0x9e3779b1), 80_000, 40_000)).toBe(false);
  });

  it('takes an event for new again once the horizon has passed, to the millisecond', () => {
    const set = new IdentitySet(10, 100);
    expect(set.rememberFrom).toBeUndefined();
    expect(set.add(1, 1, 100, 0)).toBe(true);
    expect(set.add(1, 1, 109, 1)).toBe(false);
    expect(set.add(1, 1, 119, 2)).toBe(true);
    expect(set.evicted).toBe(0);
  });
});
