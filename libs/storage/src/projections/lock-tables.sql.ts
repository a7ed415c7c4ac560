/** Fails at once, with 55P03, where anybody reads or writes one of them. */
export const lockTablesSql = (tables: readonly string[]): string =>
  `LOCK TABLE ${tables.join(', ')} IN ACCESS EXCLUSIVE MODE NOWAIT`;
