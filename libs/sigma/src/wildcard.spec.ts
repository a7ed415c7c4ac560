import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold, foldedAt } from './text.js';
import { compilePattern, many, one, type Pattern, parsePattern, surround } from './wildcard.js';

const letters = fc.constantFrom('a', 'b', 'A', 'B', 'é', 'É', 'ß', 'ς', 'Σ', 'K', '😀', '.', '\\');
const texts = fc.string({ unit: letters, maxLength: 8 });
const patterns: fc.Arbitrary<Pattern> = fc.array(
  fc.oneof(fc.string({ unit: letters, minLength: 1, maxLength: 3 }), fc.constant(many), fc.constant(one)),
  { maxLength: 6 },
);

/** The definition: try every length for every `*`. */
function bruteForce(pattern: Pattern, text: string): boolean {
  const [part, ...rest] = pattern;
  if (part === undefined) return text === '';
  if (part === many)
    return Array.from({ length: text.length + 1 }, (_, n) => n).some((n) => bruteForce(rest, text.slice(n)));
  if (part === one)
    return text !== '' && bruteForce(rest, text.slice(String.fromCodePoint(text.codePointAt(0)!).length));
  return text.startsWith(part) && bruteForce(rest, text.slice(part.length));
}

describe('wildcard patterns', () => {
  it('match as a brute-force matcher does, with and without case', () => {
    fc.assert(
      fc.property(patterns, texts, (pattern, text) => {
        expect(compilePattern(pattern, true).test(text)).toBe(bruteForce(pattern, text));
        const folded = pattern.map((part) => (typeof part === 'string' ? fold(part) : part));
        expect(compilePattern(pattern, false).test(text)).toBe(bruteForce(folded, fold(text)));
      }),
      { numRuns: 3000 },
    );
  });

  it('that are a text with its parts replaced match that text', () => {
    const pieces = fc.array(fc.tuple(texts, fc.constantFrom('keep', 'many', 'one each')), { maxLength: 5 });
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = parts.map(([piece]) => piece).join('');
        const pattern: Pattern = parts.flatMap(([piece, how]): Pattern => {
          if (how === 'many') return [many];
          if (how === 'one each') return [...piece].map(() => one);
          return piece === '' ? [] : [piece];
        });
        expect(compilePattern(pattern, false).test(text)).toBe(true);
      }),
    );
  });

  it.each([
    ['plain', ['plain']],
    ['', []],
    ['a*b?c', ['a', many, 'b', one, 'c']],
    ['**', [many]],
    [String.raw`a\b`, [String.raw`a\b`]],
    [String.raw`a\\b`, [String.raw`a\b`]],
    [String.raw`\*`, ['*']],
    [String.raw`\?`, ['?']],
    [String.raw`\\*`, ['\\', many]],
    [String.raw`\\\*`, [String.raw`\*`]],
    [String.raw`\\\\`, [String.raw`\\`]],
    [String.raw`\\\a`, [String.raw`\\a`]],
    [String.raw`C:\Windows\*`, [String.raw`C:\Windows*`]],
    ['end\\', ['end\\']],
  ])('reads %s', (text, pattern) => {
    expect(parsePattern(text)).toEqual(pattern);
  });

  it('surrounded once', () => {
    expect(surround(['*a' as string], true, true)).toEqual([many, '*a', many]);
    expect(surround([many, 'a'], true, true)).toEqual([many, 'a', many]);
    expect(surround([], true, true)).toEqual([many]);
  });
});

describe('case folding', () => {
  it('keeps the length of every character and needs to be done once only', () => {
    const wrong: string[] = [];
    for (let code = 0; code <= 0x10ffff; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const char = String.fromCodePoint(code);
      const folded = fold(char);
      if (folded.length !== char.length || fold(folded) !== folded) wrong.push(code.toString(16));
    }
    expect(wrong).toEqual([]);
  });

  it('makes the usual pairs equal, and nothing else', () => {
    expect(fold('ÀÉΣςK')).toBe('àéσσk');
    expect(fold('İıß')).toBe('İıß');
  });

  it('compares in place as it does on the folded text', () => {
    fc.assert(
      fc.property(texts, texts, texts, (before, piece, after) => {
        const text = before + piece + after;
        expect(foldedAt(text, before.length, fold(piece))).toBe(true);
        if (text.length >= before.length + after.length)
          expect(foldedAt(text, before.length, fold(after))).toBe(fold(text).startsWith(fold(after), before.length));
      }),
    );
  });
});
