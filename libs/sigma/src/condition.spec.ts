import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Condition, parseCondition } from './condition.js';

const names = ['selection_a', 'selection_b', 'filter', '_hidden'];

/** A condition as text together with what it must mean, built from the meaning of its parts. */
interface Sample {
  text: string;
  holds: (facts: Readonly<Record<string, boolean>>) => boolean;
  /** 3 = or, 2 = and, 1 = not, 0 = binds tightest. */
  looseness: number;
}

const leaf: fc.Arbitrary<Sample> = fc.oneof(
  fc.constantFrom(...names).map((name): Sample => ({ text: name, holds: (facts) => facts[name]!, looseness: 0 })),
  fc
    .tuple(fc.constantFrom('1', 'all'), fc.constantFrom('them', 'selection_*', '*_b', 'filter', '*', '_*'))
    .map(([quantity, pattern]): Sample => {
      const selected: Record<string, string[]> = {
        them: names.slice(0, 3),
        'selection_*': names.slice(0, 2),
        '*_b': ['selection_b'],
        filter: ['filter'],
        '*': names.slice(0, 3),
        '_*': ['_hidden'],
      };
      const of = selected[pattern]!;
      return {
        text: `${quantity} of ${pattern}`,
        holds: (facts) => (quantity === 'all' ? of.every((name) => facts[name]) : of.some((name) => facts[name])),
        looseness: 0,
      };
    }),
);

const { sample } = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof(
    { maxDepth: 4 },
    leaf,
    tie('sample').map(
      (of): Sample => ({ text: `not ${within(of, 1)}`, holds: (facts) => !of.holds(facts), looseness: 1 }),
    ),
    fc.tuple(tie('sample'), tie('sample')).map(
      ([a, b]): Sample => ({
        text: `${within(a, 2)} and ${within(b, 2)}`,
        holds: (facts) => a.holds(facts) && b.holds(facts),
        looseness: 2,
      }),
    ),
    fc.tuple(tie('sample'), tie('sample')).map(
      ([a, b]): Sample => ({
        text: `${within(a, 3)}  or ${within(b, 3)}`,
        holds: (facts) => a.holds(facts) || b.holds(facts),
        looseness: 3,
      }),
    ),
  ),
}));

/** Parentheses only where precedence needs them. */
function within(part: Sample, looseness: number): string {
  return part.looseness > looseness ? `( ${part.text})` : part.text;
}

function evaluate(condition: Condition, facts: Readonly<Record<string, boolean>>): boolean {
  if (condition.kind === 'name') return facts[condition.name]!;
  if (condition.kind === 'not') return !evaluate(condition.of, facts);
  const parts = condition.of.map((part) => evaluate(part, facts));
  return condition.kind === 'and' ? parts.every(Boolean) : parts.some(Boolean);
}

describe('conditions', () => {
  it('have the truth table that precedence and selectors give them', () => {
    fc.assert(
      fc.property(sample, ({ text, holds }) => {
        const parsed = parseCondition(text, names);
        if ('reason' in parsed) throw new TypeError(`${text}: ${parsed.reason}`);
        for (let row = 0; row < 16; row++) {
          const facts = Object.fromEntries(names.map((name, bit) => [name, (row & (1 << bit)) !== 0]));
          expect(evaluate(parsed, facts), text).toBe(holds(facts));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('never throw, and point into the text when they are refused', () => {
    const words = fc.constantFrom(
      'and',
      'or',
      'not',
      '1',
      'all',
      'of',
      'them',
      '(',
      ')',
      'filter',
      'x*',
      '|',
      'é',
      'NOT',
    );
    const conditions = fc.oneof(
      fc.string(),
      fc.array(words, { maxLength: 12 }).map((tokens) => tokens.join(' ')),
    );
    fc.assert(
      fc.property(conditions, (text) => {
        const parsed = parseCondition(text, names);
        if ('reason' in parsed) {
          expect(parsed.offset).toBeGreaterThanOrEqual(0);
          expect(parsed.offset).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
