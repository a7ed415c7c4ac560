import type { Place } from './place.js';

/** Where a feed goes on: all that is needed, so nothing is kept between pages. */
export interface FeedCursor {
  mode: 'latest' | 'ranked';
  /** Turns of another generation mean nothing. */
  generation: string;
  /** What was projected later is not looked at: it would push what comes next out of its place. */
  turn: number;
  /** Only what was projected after this turn; null: all. */
  since: number | null;
  /** What lies before this place is done with; null: nothing is. */
  before: Place | null;
  /** Ranked: the last place of the chunk that is being shown; null: the next one has not begun. */
  end: Place | null;
  /** Items of this chunk that were shown; these keys, as those below, are `shortened`. */
  shown: ReadonlySet<string>;
  /** Items that were shown before it, and that somebody shared again further down. */
  passed: ReadonlySet<string>;
}

/** So many items are remembered in `passed`; of more, the first ones may come again. */
export const PASSED_MAX = 400;

/** Each key is remembered by so many of its bytes. */
const keyBytes = 6;

/** Of keys as `shortened` gives them. */
export function packKeys(keys: ReadonlySet<string>): string {
  return Buffer.from([...keys].join(''), 'hex').toString('base64url');
}

/** What `packKeys` made. */
export function unpackKeys(text: string): Set<string> {
  const bytes = Buffer.from(text, 'base64url');
  const keys = new Set<string>();
  for (let i = 0; i + keyBytes <= bytes.length; i += keyBytes) keys.add(bytes.toString('hex', i, i + keyBytes));
  return keys;
}

/** An object's key as cursors hold it. */
export function shortened(key: string): string {
  return BigInt.asUintN(64, BigInt(key))
    .toString(16)
    .padStart(16, '0')
    .slice(-2 * keyBytes);
}
