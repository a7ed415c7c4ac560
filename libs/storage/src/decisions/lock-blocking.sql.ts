import { prepared } from '../database/prepared.js';

/**
 * Held until the transaction ends, so that changes to silences and decisions are numbered in the order in which they
 * become visible. Numbers go on from the clock, as those of alerts do: see `alerts/lock-changes.sql.ts`.
 */
export const lockBlockingSql = prepared(`
  SELECT setval('decided.blocking_change',
    greatest(nextval('decided.blocking_change'), (extract(epoch FROM clock_timestamp()) * 1e6)::bigint))
  FROM pg_advisory_xact_lock(7237110005)`);
