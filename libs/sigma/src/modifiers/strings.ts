import { type Literal } from '../needs.js';
import { fold } from '../text.js';
import { compilePattern, literalOf, many, type Pattern, parsePattern, surround, type TextTest } from '../wildcard.js';
import { type Operator, type RuleValue, type ScalarTest } from './modifier.js';

export const equals: Operator = {
  kind: 'operator',
  name: 'equals',
  compile: (value, { flags }) => compileEquals(value, flags.has('cased')),
};

export const contains = patternOperator('contains', true, true);
export const startswith = patternOperator('startswith', false, true);
export const endswith = patternOperator('endswith', true, false);

function patternOperator(name: string, before: boolean, after: boolean): Operator {
  return {
    kind: 'operator',
    name,
    compile: (value, { flags }) => {
      const pattern = surround(parsePattern(String(value.value)), before, after);
      return textTest(pattern, flags.has('cased'));
    },
  };
}

/** Numbers, booleans and strings are equal when their texts are: the rule's `401` is the field's "401" and the reverse. */
function compileEquals({ value }: RuleValue, cased: boolean): ScalarTest {
  if (typeof value === 'number') {
    const text = String(value);
    return {
      on: 'scalar',
      cost: 1,
      exact: text,
      literals: [{ where: 'whole', text }],
      test: (v) => v === value || v === text,
    };
  }
  return textTest(typeof value === 'boolean' ? [String(value)] : parsePattern(value), cased);
}

/** A pattern over text, and over the text of numbers and booleans. */
export function textTest(pattern: Pattern, cased: boolean): ScalarTest {
  const { cost, test }: TextTest = compilePattern(pattern, cased);
  const literal = literalOf(pattern);
  if (literal !== undefined) {
    const exact = cased ? literal : fold(literal);
    const number = String(Number(exact)) === exact ? Number(exact) : undefined;
    return {
      on: 'scalar',
      cost,
      exact,
      literals: literalsOf(pattern),
      test: (v) => (typeof v === 'string' ? test(v) : typeof v === 'number' ? v === number : test(String(v))),
    };
  }
  const folded = cased ? undefined : foldedText(pattern);
  return {
    on: 'scalar',
    cost,
    ...(folded && { folded }),
    literals: literalsOf(pattern),
    test: (v) => test(typeof v === 'string' ? v : String(v)),
  };
}

/** The longest text that is in every value of the pattern. */
function literalsOf(pattern: Pattern): Literal[] | undefined {
  const whole = literalOf(pattern);
  if (whole !== undefined) return wellFormed(whole) ? [{ where: 'whole', text: fold(whole) }] : undefined;
  let longest: Literal | undefined;
  for (const [i, part] of pattern.entries()) {
    if (typeof part !== 'string' || !wellFormed(part) || (longest && part.length <= longest.text.length)) continue;
    longest = { where: i === 0 ? 'start' : i === pattern.length - 1 ? 'end' : 'part', text: fold(part) };
  }
  return longest && [longest];
}

/** Half of a surrogate pair is folded otherwise when it stands beside its other half. */
const wellFormed = (text: string) => !/\p{Surrogate}/u.test(text);

function foldedText(pattern: Pattern): ScalarTest['folded'] {
  const [a, b, c] = pattern;
  if (pattern.length === 3 && a === many && typeof b === 'string' && c === many)
    return { where: 'part', text: fold(b) };
  if (pattern.length === 2 && typeof a === 'string' && b === many) return { where: 'start', text: fold(a) };
  if (pattern.length === 2 && a === many && typeof b === 'string') return { where: 'end', text: fold(b) };
  return undefined;
}
