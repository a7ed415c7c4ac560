import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { givenItem, givenRule } from '../testing/given.js';

type Values = (string | number)[];
interface Item {
  field: string;
  operator: '' | 'contains' | 'startswith' | 'endswith' | 'windash' | 'gt';
  flags: ('all' | 'neq' | 'cased')[];
  values: Values;
}
type Event = Record<string, string | number | null | string[]>;

const text = fc
  .array(fc.constantFrom('a', 'B', 'é', '*', '?', '\\', '\\*', '-', ' ', '1'), { maxLength: 5 })
  .map((p) => p.join(''));
const item: fc.Arbitrary<Item> = fc
  .record({
    field: fc.constantFrom('x', 'y', 'z'),
    operator: fc.constantFrom('', 'contains', 'startswith', 'endswith', 'windash', 'gt'),
    flags: fc.subarray(['all', 'neq', 'cased'] as const),
    values: fc.array(fc.oneof(text, fc.integer({ min: 0, max: 12 })), { minLength: 2, maxLength: 7 }),
  })
  .map(({ operator, flags, values, ...rest }) => {
    const numeric = operator === 'gt';
    return {
      ...rest,
      operator,
      flags: flags.filter((flag) => !numeric || flag !== 'cased'),
      values: numeric ? values.map((value) => (typeof value === 'number' ? value : value.length)) : values,
    } as Item;
  });
const event: fc.Arbitrary<Event> = fc.dictionary(
  fc.constantFrom('x', 'y', 'z'),
  fc.oneof(
    fc
      .array(fc.constantFrom('a', 'A', 'b', 'É', '*', '\\', '/', ' ', '1', '-'), { maxLength: 6 })
      .map((p) => p.join('')),
    fc.integer({ min: 0, max: 12 }),
    fc.constant(null),
    fc.array(fc.constantFrom('a', 'b', 'é'), { maxLength: 2 }),
  ),
);

/** What the specification says about a Sigma string, as a regular expression of the language's own. */
function regexOf(value: string, { operator, flags }: Item): RegExp {
  const body = value.replace(/\\[*?\\]|[\s\S]/gu, (sign) => {
    if (sign === '*') return '[^]*';
    if (sign === '?') return '[^]';
    const plain = sign.length === 2 && sign.startsWith('\\') ? sign.slice(1) : sign;
    return `\\u{${plain.codePointAt(0)!.toString(16)}}`;
  });
  const dashed =
    operator === 'windash'
      ? body.replace(/(?<!\\u\{(?:61|42|31)\})\\u\{2d\}(?=\\u\{(?:61|42|31)\})/g, '[-/–—―]')
      : body;
  const before = operator === 'contains' || operator === 'endswith' ? '[^]*' : '';
  const after = operator === 'contains' || operator === 'startswith' ? '[^]*' : '';
  return new RegExp(`^${before}${dashed}${after}$`, flags.includes('cased') ? 'u' : 'iu');
}

function holds(rule: Item, given: Event): boolean {
  const value = given[rule.field];
  const elements = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  const meets = (wanted: string | number) =>
    elements.some((element) => {
      if (rule.operator === 'gt') return Number(String(element).trim() || 'none') > Number(wanted);
      return regexOf(String(wanted), rule).test(String(element));
    });
  const met = rule.flags.includes('all') ? rule.values.every(meets) : rule.values.some(meets);
  return rule.flags.includes('neq') ? !met : met;
}

describe('evaluation', () => {
  it('means what the specification says, whatever is put together', () => {
    const selections = fc.array(fc.array(item, { minLength: 1, maxLength: 3 }), { minLength: 3, maxLength: 3 });
    const conditions: [string, (a: boolean, b: boolean, c: boolean) => boolean][] = [
      ['s0 and not s1 or s2', (a, b, c) => (a && !b) || c],
      ['not (s0 or s1) and s2', (a, b, c) => !(a || b) && c],
      ['1 of s*', (a, b, c) => a || b || c],
      ['all of them', (a, b, c) => a && b && c],
      ['s0 and not all of s*', (a, b, c) => a && !(b && c)],
    ];
    fc.assert(
      fc.property(
        selections,
        fc.array(event, { minLength: 5, maxLength: 5 }),
        fc.constantFrom(...conditions),
        (given, events, [condition, meaning]) => {
          const blocks = given.map((items) =>
            Object.fromEntries(
              items.map((i) => [[i.field, i.operator, ...i.flags].filter(Boolean).join('|'), i.values]),
            ),
          );
          const detection = { ...Object.fromEntries(blocks.map((block, n) => [`s${n}`, block])), condition };
          const { matches } = givenRule(
            stringify({ title: 'T', logsource: { product: 'weir', service: 'log' }, detection }),
          );
          for (const data of events) {
            // A map keeps the last of two equal keys.
            const [a, b, c] = given.map((items, n) =>
              items
                .filter((i) => blocks[n]![[i.field, i.operator, ...i.flags].filter(Boolean).join('|')] === i.values)
                .every((i) => holds(i, data)),
            );
            expect(matches(data)).toBe(meaning(a!, b!, c!));
          }
        },
      ),
      { numRuns: 1500 },
    );
  });

  it.each([
    ["body|re: '(a+)+$'", `${'a'.repeat(50_000)}b`],
    ["body|re: '(a|a)*c'", 'a'.repeat(50_000)],
    ["body: '*a*a*a*a*a*a*a*b'", 'a'.repeat(50_000)],
    ["body|contains: ['a?a?a?a?b', 'a*a*c']", 'a'.repeat(50_000)],
  ])('takes no longer for %s on what was made to take long', (written, body) => {
    const test = givenItem(written);
    expect(test({ body })).toBe(false);
  });
});
