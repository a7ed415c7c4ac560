/**
 * Case folding for Sigma's case-insensitive comparison: Unicode simple folding, one code point to one of the same
 * length, so that offsets and lengths in the folded text are those of the text. (`ß` stays `ß`, `ς` becomes `σ`.)
 */
export function fold(text: string): string {
  if (text.length < rememberedFrom) return foldAnew(text);
  const at = text.length % remembered;
  if (lastTexts[at] === text) return lastFolded[at]!;
  lastTexts[at] = text;
  return (lastFolded[at] = foldAnew(text));
}

/**
 * Every rule that an event may match asks about the same few fields: their texts are folded once, and known again by
 * being the same text. A short one is folded in less time than that takes.
 */
const rememberedFrom = 32;
const remembered = 8;
const lastTexts = new Array<string>(remembered).fill('');
const lastFolded = new Array<string>(remembered).fill('');

function foldAnew(text: string): string {
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
  // What lies between is ASCII, and folded at once.
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) <= 127) continue;
    const code = text.codePointAt(i)!;
    folded += text.slice(from, i).toLowerCase() + foldCode(code);
    if (code > 0xffff) i++;
    from = i + 1;
  }
  return folded + text.slice(from).toLowerCase();
}

/** By code point of the basic plane, where nearly all letters with two cases are; undefined: not folded yet. */
const known = new Array<string | undefined>(0x10000);

function foldCode(code: number): string {
  return code > 0xffff ? foldChar(String.fromCodePoint(code)) : (known[code] ??= foldChar(String.fromCharCode(code)));
}

function foldChar(char: string): string {
  if (char === dottedCapitalI || char === dotlessSmallI) return char;
  const upper = char.toUpperCase();
  const lower = (upper.length === char.length ? upper : char).toLowerCase();
  return lower.length === char.length ? lower : char;
}
