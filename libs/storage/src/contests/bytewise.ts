/** Below 0, 0 or above it, as texts compare in the collation C. */
export const bytewise = (a: string, b: string): number =>
  a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
