import { describe, expect, test } from 'vitest';
import type { RuleLimit } from './limit.js';
import { type Peak, propose } from './proposal.js';

const whole: RuleLimit = { comparison: 'gte', value: 5, isWhole: true };
const peaks = (...values: number[]): Peak[] => values.map((value) => ({ value, verdict: null }));

describe('a proposed limit', () => {
  test('lies in the widest gap, by ratio', () => {
    const { threshold, reason } = propose(whole, peaks(5, 6, 7, 9, 80, 200));
    expect(threshold).toBe(27);
    expect(reason).toBe('4 groups reached 9 at most and 2 groups 80 or more, the widest gap: gte 27 lies between');
  });

  test('tells apart what stands on either side of it, whatever the comparison', () => {
    for (const comparison of ['gte', 'gt'] as const) {
      const { threshold } = propose({ ...whole, comparison }, peaks(1, 1, 1, 1, 2));
      const raises = (value: number) => (comparison === 'gte' ? value >= threshold! : value > threshold!);
      expect([raises(1), raises(2)]).toEqual([false, true]);
    }
    expect(propose({ ...whole, isWhole: false }, peaks(0.1, 0.1, 0.1, 0.1, 0.9)).threshold).toBeCloseTo(0.3);
  });

  test('never leaves out what people marked as true, and leaves out what they marked as false where it can', () => {
    const marked = (verdicts: Record<number, Peak['verdict']>): Peak[] =>
      [5, 6, 20, 22, 200, 210].map((value) => ({ value, verdict: verdicts[value] ?? null }));
    expect(propose(whole, marked({})).threshold).toBe(66);
    expect(propose(whole, marked({ 22: 'true-positive' })).threshold).toBe(11);
    expect(propose(whole, marked({ 20: 'true-positive' })).threshold).toBe(11);
    expect(propose(whole, marked({ 22: 'false-positive', 200: 'true-positive' })).threshold).toBe(66);
    expect(propose(whole, marked({ 5: 'true-positive' }))).toMatchObject({ threshold: null });
  });

  test('is none where nothing stands out, in words', () => {
    expect(propose(null, peaks(1, 2, 3, 4, 50))).toEqual({ threshold: null, reason: 'The rule has no single limit' });
    expect(propose(whole, peaks(5, 90))).toMatchObject({ threshold: null, reason: expect.stringMatching(/^Only 2/) });
    expect(propose(whole, peaks(10, 11, 12, 13, 14)).reason).toMatch(/without a gap$/);
    expect(propose({ ...whole, comparison: 'lt' }, peaks(1, 2, 3, 4, 90)).threshold).toBeNull();
  });
});
