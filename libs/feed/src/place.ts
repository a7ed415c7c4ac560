import { createHash } from 'node:crypto';

/** Where a share stands in every feed: by time, and among shares of one millisecond by a number that follows from its identity. */
export interface Place {
  /** ms */
  at: number;
  /** A signed 64-bit integer, as text. */
  tie: string;
}

/** Below 0: `a` is newer, and comes first. */
export function byNewest(a: Place, b: Place): number {
  return b.at - a.at || (a.tie === b.tie ? 0 : BigInt(a.tie) > BigInt(b.tie) ? -1 : 1);
}

/** A signed 64-bit integer that follows from these texts and, as far as anybody will ever see, from no others. */
export function keyOf(...texts: readonly string[]): string {
  return digest(texts).readBigInt64BE().toString();
}

/** As `keyOf`, in 32 bits. */
export function shortKeyOf(...texts: readonly string[]): number {
  return digest(texts).readInt32BE();
}

function digest(texts: readonly string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(texts)).digest();
}
