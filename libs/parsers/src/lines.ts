import { exceedsBytes, stringBytesMax } from '#libs/events';
import { type Reject, reject, type Unit } from './parser.js';

/** Bytes of a line of text at most, so that no field of it can be longer than an event may hold. */
export const lineBytesMax = stringBytesMax;

/** The lines of `bytes`, without their line feeds (LF or CRLF). */
export function splitLines(bytes: Buffer): Unit[] {
  const lines: Unit[] = [];
  for (let start = 0; start < bytes.length; ) {
    const feed = bytes.indexOf(10, start);
    const stop = feed < 0 ? bytes.length : feed;
    lines.push({ start, end: stop > start && bytes[stop - 1] === 13 ? stop - 1 : stop });
    start = stop + 1;
  }
  return lines;
}

/** The line as text, without surrounding white space; a reject where it is too long. */
export function textOf(line: Buffer | string): string | Reject {
  const text = (typeof line === 'string' ? line : line.toString('utf8')).trim();
  return exceedsBytes(text, lineBytesMax)
    ? reject('LINE_TOO_LONG', `the line is longer than ${lineBytesMax} bytes: shorten it, or choose another stream`)
    : text;
}
