import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdentitySet } from './identity-set.js';

/** What the set means, without its ring and its table. */
class Model {
  private readonly known = new Map<string, { recordedAt: number; offset: number }>();
  evicted = 0;

  constructor(
    private readonly horizonMs: number,
    private readonly identitiesMax: number,
  ) {}

  get oldestOffset(): number | undefined {
    return this.known.values().next().value?.offset;
  }

  add(lo: number, hi: number, recordedAt: number, offset: number): boolean {
    for (const [id, entry] of this.known) {
      if (entry.recordedAt > recordedAt - this.horizonMs) break;
      this.known.delete(id);
    }
    const id = `${lo}/${hi}`;
    if (this.known.has(id)) return false;
    if (this.known.size >= this.identitiesMax) {
      this.known.delete(this.known.keys().next().value!);
      this.evicted++;
    }
    this.known.set(id, { recordedAt, offset });
    return true;
  }
}

const words = fc.constantFrom(0, 1, 2, 512, 1024, -1, -512, 0x7fffffff, -0x80000000);

describe('IdentitySet', () => {
  it('remembers as its model does, whatever comes when', () => {
    const step = fc.record({ lo: words, hi: fc.constantFrom(0, 7, -7), passedMs: fc.constantFrom(0, 0, 1, 3, 10) });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 200 }),
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 20 }),
        (steps, horizonMs, identitiesMax) => {
          const set = new IdentitySet(horizonMs, identitiesMax);
          const model = new Model(horizonMs, identitiesMax);
          let recordedAt = 1000;
          for (const [offset, { lo, hi, passedMs }] of steps.entries()) {
            recordedAt += passedMs;
            expect(set.add(lo, hi, recordedAt, offset)).toBe(model.add(lo, hi, recordedAt, offset));
            expect(set.oldestOffset).toBe(model.oldestOffset);
            expect(set.evicted).toBe(model.evicted);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('grows as its model does, with thousands remembered and thousands gone', () => {
    const set = new IdentitySet(5000, 3000);
    const model = new Model(5000, 3000);
    for (let i = 0; i < 40_000; i++) {
      // Colliding low words, one in five seen before; the pace changes, so that now the horizon binds, now the limit.
      const id = i % 5 === 0 ? i - (i % 4000) : i;
      const recordedAt = i < 20_000 ? i : 20_000 + (i - 20_000) * 3;
      const [lo, hi] = [Math.imul(id, 64), Math.imul(id, 0x9e3779b1)];
      expect(set.add(lo, hi, recordedAt, i)).toBe(model.add(lo, hi, recordedAt, i));
    }
    expect(set.evicted).toBe(model.evicted);
    expect(set.evicted).toBeGreaterThan(0);
    expect(set.oldestOffset).toBe(model.oldestOffset);
  });

  it('takes an event for new again once the horizon has passed, to the millisecond', () => {
    const set = new IdentitySet(10, 100);
    expect(set.oldestOffset).toBeUndefined();
    expect(set.add(1, 1, 100, 0)).toBe(true);
    expect(set.add(1, 1, 109, 1)).toBe(false);
    expect(set.add(1, 1, 110, 2)).toBe(true);
    expect(set.evicted).toBe(0);
  });
});
