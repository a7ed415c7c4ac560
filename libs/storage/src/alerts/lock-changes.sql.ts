/**
 * Held until the transaction ends, so that changes are numbered in the order in which they become visible: who reads
 * up to a number has missed none below it.
 */
export const lockChangesSql = `SELECT pg_advisory_xact_lock(7237110002)`;
