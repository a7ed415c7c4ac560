import type { Unit } from './parser.js';

/** The mails of an mbox: each begins with a line `From …`, at the start or after an empty line. */
export function splitMbox(bytes: Buffer): Unit[] {
  const mails: Unit[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = nextMail(bytes, start);
    mails.push({ start, end });
    start = end;
  }
  return mails;
}

/** Where the mail after the one at `start` begins; the end of the bytes where none does. */
function nextMail(bytes: Buffer, start: number): number {
  for (let at = bytes.indexOf('\nFrom ', start); at >= 0; at = bytes.indexOf('\nFrom ', at + 1)) {
    const before = bytes[at - 1] === 13 ? at - 2 : at - 1;
    if (before > start && bytes[before] === 10) return at + 1;
  }
  return bytes.length;
}
