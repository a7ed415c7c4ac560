import { prepared } from '../database/prepared.js';

/**
 * Held until the transaction ends, so that changes are numbered in the order in which they become visible: who reads
 * up to a number has missed none below it. Numbers go on from the clock, in microseconds: a server that crashed may have
 * forgotten the latest, which somebody has seen, and must not give them to other changes.
 */
export const lockChangesSql = prepared(`
  SELECT setval('computed.alert_change',
    greatest(nextval('computed.alert_change'), (extract(epoch FROM clock_timestamp()) * 1e6)::bigint))
  FROM pg_advisory_xact_lock(7237110002)`);
