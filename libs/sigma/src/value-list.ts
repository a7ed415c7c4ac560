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
  const known = tests.every((t) => t.literals !== undefined);
  const literalsOf = known ? tests.flatMap((t) => t.literals!) : undefined;
  if (joined.length === 1) return { ...joined[0]!, literals: literalsOf };
  const each = joined.map((t) => t.test);
  const cost = joined.reduce((sum, t) => sum + t.cost, 0);
  const [a, b] = each;
  if (each.length === 2) return { on: 'scalar', cost, literals: literalsOf, test: (v) => a!(v) || b!(v) };
  return { on: 'scalar', cost, literals: literalsOf, test: (v) => some(each, v) };
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

/** An expression up to this long is compiled whole by V8, with what its parts have in common looked at once. */
const alternationCharsMax = 8192;

/**
 * The text contains one of several. From a few on, V8's own search for any of several literals is the fastest there is:
 * it skips what no part begins with, takes common beginnings together, and has nothing to go back to. (An Aho-Corasick
 * automaton in JavaScript took three to ten times as long, for 4 parts and for 1,000.)
 */
function someParts(parts: readonly string[]): ScalarTest {
  if (parts.length < lookupFrom || parts.includes(''))
    return { on: 'scalar', cost: 6 + parts.length, test: anyPart(parts) };
  const searches = alternations(parts).map((source) => new RegExp(source));
  const [only, second] = searches;
  if (!second) return { on: 'scalar', cost: 8, test: (v) => only!.test(fold(String(v))) };
  return {
    on: 'scalar',
    cost: 8 * searches.length,
    test: (v) => {
      const text = fold(String(v));
      for (const search of searches) if (search.test(text)) return true;
      return false;
    },
  };
}

function anyPart(parts: readonly string[]): (value: Scalar) => boolean {
  return (v) => {
    const text = fold(String(v));
    for (const part of parts) if (text.includes(part)) return true;
    return false;
  };
}

/** `a|b|c`, in as many expressions as their length asks for. */
function alternations(parts: readonly string[]): string[] {
  const sources: string[] = [];
  for (const part of parts.toSorted()) {
    const literal = part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    const last = sources.at(-1);
    if (last === undefined || last.length + literal.length > alternationCharsMax) sources.push(literal);
    else sources[sources.length - 1] = `${last}|${literal}`;
  }
  return sources;
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
