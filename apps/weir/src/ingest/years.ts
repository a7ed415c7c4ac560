import { syslogYears } from '#libs/parsers';
import type { Chunk } from './chunks.js';

/** Where in time a file without years is: the year of its last line so far, and that line's month (1 to 12). */
export interface Season {
  year: number;
  month: number;
}

const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/**
 * Each chunk is a stream of its own to Weir, so each must say of which year it begins; the years turn with the months.
 */
export async function* withYears(chunks: AsyncIterable<Chunk>, from: Season): AsyncGenerator<Chunk> {
  const yearOf = syslogYears(from.year);
  if (from.month > 0) yearOf(from.month);
  let season = from;
  for await (const chunk of chunks) {
    let first: number | null = null;
    for (const month of months(chunk.bytes)) {
      const year = yearOf(month);
      first ??= year;
      season = { year, month };
    }
    yield { ...chunk, year: first ?? season.year, season };
  }
}

function* months(bytes: Buffer): Generator<number> {
  for (let start = 0; start < bytes.length; ) {
    const feed = bytes.indexOf(0x0a, start);
    const end = feed < 0 ? bytes.length : feed;
    const [, name] =
      /^(?:<\d{1,3}>)?([A-Z][a-z]{2}) /.exec(bytes.toString('latin1', start, Math.min(end, start + 9))) ?? [];
    const at = name ? MONTHS.indexOf(name) : -1;
    if (at >= 0 && at % 3 === 0) yield at / 3 + 1;
    start = end + 1;
  }
}
