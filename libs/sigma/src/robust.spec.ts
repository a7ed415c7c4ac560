import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { viewOf } from '../testing/given.js';
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
