/**
 * Case folding for Sigma's case-insensitive comparison: Unicode simple folding, one code point to one of the same
 * length, so that offsets and lengths in the folded text are those of the text. (`ß` stays `ß`, `ς` becomes `σ`.)
 */
export function fold(text: string): string {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return foldUnicode(text);
  return text.toLowerCase();
}

/** Whether `text` at `at` reads `folded`, ignoring case. Needs `at + folded.length <= text.length`; allocates nothing for ASCII. */
export function foldedAt(text: string, at: number, folded: string): boolean {
  for (let i = 0; i < folded.length; i++) {
    const c = text.charCodeAt(at + i);
    const f = folded.charCodeAt(i);
    if (c === f) continue;
    if (c > 127) return fold(text).startsWith(folded, at);
    if (c < 65 || c > 90 || c + 32 !== f) return false;
  }
  return true;
}

const dottedCapitalI = 'İ';
const dotlessSmallI = 'ı';

function foldUnicode(text: string): string {
  let folded = '';
  for (const char of text) folded += foldChar(char);
  return folded;
}

function foldChar(char: string): string {
  if (char === dottedCapitalI || char === dotlessSmallI) return char;
  const upper = char.toUpperCase();
  const lower = (upper.length === char.length ? upper : char).toLowerCase();
  return lower.length === char.length ? lower : char;
}
