import { some } from './logic.js';
import { type Scalar, type ScalarTest } from './modifiers/modifier.js';
import { fold, foldedAt } from './text.js';

/** From this many literals on, looking them up is cheaper than comparing one by one. */
const lookupFrom = 4;

/**
 * Joins the tests of a value list, any of which may hold. Long lists of literals become one lookup, beginnings and
 * endings are found by their outermost character, and parts share one folding of the field.
 */
export function anyValue(tests: readonly ScalarTest[], cased: boolean): ScalarTest {
  const literals = tests.filter((t) => t.exact !== undefined);
  const parts = textsOf(tests, 'part');
  const starts = textsOf(tests, 'start');
  const ends = textsOf(tests, 'end');
  const joined = [
    ...(literals.length >= lookupFrom ? [lookup(literals, cased)] : literals),
    ...(parts.length > 0 ? [someParts(parts)] : []),
    ...(starts.length > 0 ? [someEdges(starts, false)] : []),
    ...(ends.length > 0 ? [someEdges(ends, true)] : []),
    ...tests.filter((t) => t.exact === undefined && t.folded === undefined),
  ].toSorted((a, b) => a.cost - b.cost);
  if (joined.length === 1) return joined[0]!;
  const each = joined.map((t) => t.test);
  const cost = joined.reduce((sum, t) => sum + t.cost, 0);
  const [a, b] = each;
  if (each.length === 2) return { on: 'scalar', cost, test: (v) => a!(v) || b!(v) };
  return { on: 'scalar', cost, test: (v) => some(each, v) };
}

function textsOf(tests: readonly ScalarTest[], where: 'part' | 'start' | 'end'): string[] {
  return tests.flatMap(({ folded }) => (folded?.where === where ? [folded.text] : []));
}

function lookup(literals: readonly ScalarTest[], cased: boolean): ScalarTest {
  const texts = new Set(literals.map((t) => t.exact!));
  const numbers = new Set([...texts].filter((text) => String(Number(text)) === text).map(Number));
  return {
    on: 'scalar',
    cost: 3,
    test: (v) => (typeof v === 'number' ? numbers.has(v) : texts.has(cased ? String(v) : fold(String(v)))),
  };
}

function someParts(parts: readonly string[]): ScalarTest {
  return {
    on: 'scalar',
    cost: 6 + parts.length,
    test: (v) => {
      const text = fold(String(v));
      for (const part of parts) if (text.includes(part)) return true;
      return false;
    },
  };
}

/** The text begins (or ends) with one of several; few of them share a first (last) character, so that tells most apart. */
function someEdges(edges: readonly string[], atEnd: boolean): ScalarTest {
  const byOutermost: string[][] = Array.from({ length: 128 }, () => []);
  for (const edge of edges) {
    const code = edge.charCodeAt(atEnd ? edge.length - 1 : 0);
    if (code < 128) byOutermost[code]!.push(edge);
  }
  return {
    on: 'scalar',
    cost: 4,
    test: (v: Scalar) => {
      const text = typeof v === 'string' ? v : String(v);
      if (text === '') return false;
      const code = text.charCodeAt(atEnd ? text.length - 1 : 0);
      const lower = code >= 65 && code <= 90 ? code + 32 : code;
      // Beyond ASCII, a character may be another case of any other.
      for (const edge of lower < 128 ? byOutermost[lower]! : edges)
        if (text.length >= edge.length && foldedAt(text, atEnd ? text.length - edge.length : 0, edge)) return true;
      return false;
    },
  };
}
