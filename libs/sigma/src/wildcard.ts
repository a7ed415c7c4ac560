import { fold, foldedAt } from './text.js';

/** A Sigma string, parsed: literal runs and the wildcards `*` (any run of characters) and `?` (exactly one). */
export type Pattern = readonly (string | typeof many | typeof one)[];
export const many = Symbol('*');
export const one = Symbol('?');

/** Tests a text. `cost` orders tests joined by and/or: cheap ones first. */
export interface TextTest {
  cost: number;
  test(text: string): boolean;
}

/**
 * Reads wildcards and Sigma's escapes: `\*`, `\?` and `\\` stand for the character itself, a backslash before any other
 * character is a plain backslash.
 */
export function parsePattern(text: string): Pattern {
  const parts: (string | symbol)[] = [];
  let literal = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    const next = text[i + 1];
    if (c === '\\' && (next === '*' || next === '?' || next === '\\')) {
      literal += next;
      i++;
    } else if (c === '*' || c === '?') {
      if (literal !== '') parts.push(literal);
      literal = '';
      const wildcard = c === '*' ? many : one;
      if (wildcard === one || parts.at(-1) !== many) parts.push(wildcard);
    } else literal += c;
  }
  if (literal !== '') parts.push(literal);
  return parts as Pattern;
}

/** The Sigma string that stands for exactly this text. */
export function escapeText(text: string): string {
  return text.replace(/[\\*?]/g, (sign) => `\\${sign}`);
}

/** The pattern with `*` before and/or after it: what `endswith`, `startswith` and `contains` mean. */
export function surround(pattern: Pattern, before: boolean, after: boolean): Pattern {
  const parts = [...pattern];
  if (before && parts[0] !== many) parts.unshift(many);
  if (after && parts.at(-1) !== many) parts.push(many);
  return parts;
}

/** Compiles a pattern to the cheapest test of the same meaning. */
export function compilePattern(pattern: Pattern, cased: boolean): TextTest {
  const parts = cased ? pattern : pattern.map((part) => (typeof part === 'string' ? fold(part) : part));
  const [a, b, c] = parts;
  if (parts.length === 0) return { cost: 1, test: (text) => text === '' };
  if (parts.length === 1 && typeof a === 'string') return { cost: 2, test: equals(a, cased) };
  if (parts.length === 1 && a === many) return { cost: 0, test: () => true };
  if (parts.length === 2 && typeof a === 'string' && b === many) return { cost: 3, test: startsWith(a, cased) };
  if (parts.length === 2 && a === many && typeof b === 'string') return { cost: 3, test: endsWith(b, cased) };
  if (parts.length === 3 && a === many && typeof b === 'string' && c === many)
    return { cost: 6, test: contains(b, cased) };
  const glob = compileGlob(parts);
  return { cost: 12, test: cased ? glob : (text) => glob(fold(text)) };
}

/** The text of a pattern without wildcards. */
export function literalOf(pattern: Pattern): string | undefined {
  if (pattern.length === 0) return '';
  return pattern.length === 1 && typeof pattern[0] === 'string' ? pattern[0] : undefined;
}

function equals(literal: string, cased: boolean): (text: string) => boolean {
  if (cased) return (text) => text === literal;
  const length = literal.length;
  return (text) => text.length === length && foldedAt(text, 0, literal);
}

function startsWith(literal: string, cased: boolean): (text: string) => boolean {
  if (cased) return (text) => text.startsWith(literal);
  return (text) => text.length >= literal.length && foldedAt(text, 0, literal);
}

function endsWith(literal: string, cased: boolean): (text: string) => boolean {
  if (cased) return (text) => text.endsWith(literal);
  return (text) => text.length >= literal.length && foldedAt(text, text.length - literal.length, literal);
}

function contains(literal: string, cased: boolean): (text: string) => boolean {
  if (cased) return (text) => text.includes(literal);
  return (text) => text.length >= literal.length && fold(text).includes(literal);
}

/**
 * Greedy match with one point to return to: when a literal fails, only the latest `*` can take one character more, as
 * everything before it was already matched as early as possible. At most text length times pattern length steps.
 */
function compileGlob(parts: Pattern): (text: string) => boolean {
  return (text) => {
    let part = 0;
    let at = 0;
    let star = -1;
    let starAt = 0;
    for (;;) {
      const p = parts[part];
      if (p === many) {
        star = part++;
        starAt = at;
        if (part === parts.length) return true;
        continue;
      }
      const length =
        p === undefined ? -1 : p === one ? charLength(text, at) : text.startsWith(p as string, at) ? p.length : -1;
      if (length > 0) {
        at += length;
        part++;
        continue;
      }
      if (p === undefined && at === text.length) return true;
      if (star < 0) return false;
      part = star + 1;
      const next = parts[part];
      starAt = typeof next === 'string' ? text.indexOf(next, starAt + 1) : starAt + 1;
      if (starAt < 0 || starAt > text.length) return false;
      at = starAt;
    }
  };
}

/** UTF-16 length of the character at `at`: 0 at the end, 2 for a surrogate pair. */
function charLength(text: string, at: number): number {
  if (at >= text.length) return 0;
  const code = text.codePointAt(at)!;
  return code > 0xffff ? 2 : 1;
}
