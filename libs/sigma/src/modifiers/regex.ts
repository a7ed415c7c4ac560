import { RE2JS } from 're2js';
import { type Flag, type Operator } from './modifier.js';

/** Longest regular expression; compiled size grows with it. */
export const regexCharsMax = 4096;

/**
 * Instructions that one may compile to. Up to here the matcher's time per character is that of a table of states; larger
 * ones fell back to following all states one by one, measured at a third of a millisecond per character.
 */
export const regexSizeMax = 1000;

const flagValues: Readonly<Record<string, number>> = {
  i: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
};

/** Searches anywhere in the field, case-sensitive unless `i`. RE2: linear time, so no lookaround and no back-references. */
export const re: Operator = {
  kind: 'operator',
  name: 're',
  compile: ({ value, node }, { flags, problem }) => {
    const pattern = String(value);
    if (pattern.length > regexCharsMax)
      return problem(node, `The regular expression is longer than ${regexCharsMax} characters`, 'Split it into a list');
    let bits = 0;
    for (const flag of flags) bits |= flagValues[flag] ?? 0;
    try {
      const regex = RE2JS.compile(pattern, bits);
      const size = regex.programSize();
      if (size > regexSizeMax)
        return problem(
          node,
          `The regular expression takes ${size} steps; ${regexSizeMax} are the most`,
          'Lower the repetitions in it, such as `{0,1000}`',
        );
      return { on: 'scalar', cost: 100, test: (v) => regex.test(typeof v === 'string' ? v : String(v)) };
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      return problem(
        node,
        `The regular expression can't be used: ${cause.replace(/^error parsing regexp: /, '')}`,
        'Regular expressions run in linear time (RE2 syntax): no lookaround, no back-references',
      );
    }
  },
};

export const [i, m, s] = ['i', 'm', 's'].map(
  (name): Flag => ({ kind: 'flag', name, goesWith: ['re'], afterOperator: true }),
) as [Flag, Flag, Flag];
