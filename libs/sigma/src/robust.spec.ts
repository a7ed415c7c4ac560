import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { viewOf } from '../testing/given.js';
import { readingOf } from '../testing/reading.js';
import { compileRules } from './index.js';

const golden = new URL('golden/', import.meta.url);
const samples = ['correlation', 'kinds', 'items', 'filters'].map((name) =>
  readFileSync(new URL(`${name}.yml`, golden), 'utf8'),
);
const words = fc.constantFrom(
  ...['filter:', 'placeholders:', 'mapping:', '  aliases:', '  type: ratio', '|expand', '|base64offset|contains'],
  ...['title: x', 'logsource:', 'detection:', '  selection:', '    a|contains: ', '  condition: selection', '---'],
  ...[
    'correlation:',
    '  rules:',
    '- ',
    '? ',
    '&a',
    '*a',
    '!!binary ',
    '[',
    '{',
    '|',
    '>',
    '"',
    "'",
    '\t',
    '\n',
    '\n  ',
    ': ',
    '\u0000',
  ],
);

/** Whatever comes out: no exception, places inside the text, and rules that can be asked about any event. */
function checks(text: string): void {
  const { detections, correlations, problems, fields } = compileRules([{ file: 'x.yml', text }]);
  // Placeholders and mappings may be all that there is, and right.
  if (!/placeholders|mapping/.test(text)) {
    expect(detections.length + correlations.length + problems.length).toBeGreaterThan(0);
  }
  const lines = text.split('\n').length;
  for (const { line, column, reason, hint } of problems) {
    expect(line).toBeGreaterThan(0);
    expect(line).toBeLessThanOrEqual(lines);
    expect(column).toBeGreaterThan(0);
    expect(reason.length * hint.length).toBeGreaterThan(0);
  }
  for (const detection of detections) detection.matches(viewOf({ data: { a: [1, null, 'x'] } }, fields.paths));
}

describe('compileRules never throws', () => {
  it('on text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), checks), { numRuns: 1000 });
  });

  it('on pieces of rules in any order', () => {
    const text = fc
      .array(fc.oneof(words, fc.string({ maxLength: 4 })), { maxLength: 30 })
      .map((parts) => parts.join(''));
    fc.assert(fc.property(text, checks), { numRuns: 2000 });
  });

  it('on rules with a hole or a repetition', () => {
    const spans = fc.tuple(fc.constantFrom(...samples), fc.nat(5000), fc.nat(200), fc.boolean());
    fc.assert(
      fc.property(spans, ([sample, offset, length, repeat]) => {
        const at = offset % sample.length;
        const piece = repeat ? sample.slice(at, at + length) : '';
        checks(sample.slice(0, repeat ? at + length : at) + piece + sample.slice(at + length));
      }),
      { numRuns: 500 },
    );
  });
});

/** A rule whose selection or condition is this, in YAML. */
const rule = (selection: string, condition = 's') =>
  `title: T\nlogsource: {product: weir, service: log}\ndetection:\n  s: ${selection}\n  condition: ${condition}\n`;
const times = (count: number, part: (n: number) => string) => Array.from({ length: count }, (_, n) => part(n));

describe('what was made to take long or to overflow', () => {
  it.each([
    ['parentheses', rule('{body: x}', `${'('.repeat(20_000)}s${')'.repeat(20_000)}`)],
    ['negations', rule('{body: x}', `${'not '.repeat(50_000)}s`)],
    ['a long condition', rule('{body: x}', times(20_000, () => 's').join(' and '))],
    ['nested lists', rule('['.repeat(5000) + ']'.repeat(5000))],
    ['nested maps', rule(`${'{a: '.repeat(3000)}x${'}'.repeat(3000)}`)],
    ['a list that is not closed', `title: T\ndetection: ${'['.repeat(20_000)}`],
    [
      'anchors that multiply',
      `a: &a [${times(9, () => 'x').join()}]\nb: &b [${times(9, () => '*a').join()}]\ntitle: *b\n`,
    ],
    [
      'an anchor in itself',
      'title: T\nlogsource: {product: weir, service: log}\ndetection: &d {s: *d, condition: s}\n',
    ],
    ['repetitions of repetitions', rule("{'body|re': '((a{30}){30}){30}'}")],
    ['groups in groups', rule(`{'body|re': '${'('.repeat(2000)}a${')'.repeat(2000)}'}`)],
    ['a repetition that needs every state', rule("{'body|re': '[ab]{0,1000}a[ab]{0,900}c'}")],
    ['flags that multiply', rule(`{'body|windash|contains': [${times(50, (n) => `' -a -b -c -d -e${n}'`).join()}]}`)],
    [
      'placeholders that multiply',
      `${rule("{'body|expand': '%a%%a%%a%%a%'}")}---\nplaceholders: {a: [${times(20, (n) => `v${n}`).join()}]}\n`,
    ],
    ['a pattern of wildcards', rule(`{body: '${'*a'.repeat(50_000)}'}`)],
    ['thousands of fields', rule(`{${times(5000, (n) => `k${n}: v`).join()}}`)],
    ['thousands of selections', rule(`{a: 1}\n${times(2000, (n) => `  s${n}: {body: x${n}}`).join('\n')}`, '1 of s*')],
    ['thousands of documents', times(1000, () => 'a: b').join('\n---\n')],
  ])('%s: is run or refused, soon', (_, text) => {
    const { detections, problems, fields } = compileRules([{ file: 'x.yml', text }]);
    expect(detections.length + problems.length).toBeGreaterThan(0);
    const view = viewOf({ data: { body: 'ab'.repeat(5000) } }, fields.paths);
    for (const detection of detections) detection.matches(view);
  });
});

describe('a rule that was changed somewhere', () => {
  const value = fc.constantFrom('a', 'b', 'ab', '*a', 'a?', '', 'x y', 1, 12);
  const key = fc.constantFrom('x', 'y|contains', 'z|startswith', 'x|endswith', 'y|contains|all', 'z|neq', 'x|cased');
  const selection = fc.dictionary(key, fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 })), {
    minKeys: 1,
    maxKeys: 2,
  });
  const condition = fc.constantFrom(
    's0 and not s1',
    's0 or s1 and s2',
    '1 of s*',
    'all of them',
    'not (s0 or s1)',
    'not s0 and s2',
  );
  const text = fc.tuple(selection, selection, selection, condition).map(([s0, s1, s2, c]) =>
    stringify({
      title: 'T',
      logsource: { product: 'weir', service: 'log' },
      detection: { s0, s1, s2, condition: c },
    }),
  );
  const edit = fc.record({
    at: fc.nat(1000),
    remove: fc.nat(6),
    insert: fc.constantFrom(
      '',
      '',
      'a',
      '|',
      '*',
      '\\',
      ' ',
      '- ',
      '\n',
      '(',
      ')',
      ' not ',
      ' and ',
      ' or ',
      '1 of ',
      's1',
      'all',
      '|all',
      '|re',
      'contains',
      "'",
      '"',
      ':',
      '1',
      '#',
      '?',
    ),
  });
  const data = fc.dictionary(
    fc.constantFrom('x', 'y', 'z'),
    fc.oneof(fc.constantFrom('a', 'B', 'ab', 'Xa', '', 'x y', '12', 'b a'), fc.constantFrom(1, 12), fc.constant(null)),
  );

  it('means what it says now, or is refused', () => {
    const seen = { refused: 0, understood: 0 };
    fc.assert(
      fc.property(
        text,
        fc.array(edit, { maxLength: 3 }),
        fc.array(data, { minLength: 6, maxLength: 6 }),
        (whole, edits, events) => {
          const from = whole.indexOf('detection:') + 11;
          const changed = edits.reduce((now, { at, remove, insert }) => {
            const cut = from + (at % Math.max(1, now.length - from));
            return now.slice(0, cut) + insert + now.slice(cut + remove);
          }, whole);
          const { detections, problems, fields } = compileRules([{ file: 'x.yml', text: changed }]);
          expect(detections.length + Math.min(1, problems.length)).toBe(1);
          if (detections.length === 0) {
            seen.refused++;
            return;
          }
          const reading = readingOf(parse(changed));
          if (reading === 'unknown') return;
          seen.understood++;
          for (const event of events)
            expect(detections[0]!.matches(viewOf({ type: 'log', data: event }, fields.paths)), changed).toBe(
              reading(event),
            );
        },
      ),
      { numRuns: 2000 },
    );
    expect(Math.min(seen.refused, seen.understood)).toBeGreaterThan(200);
  });
});
