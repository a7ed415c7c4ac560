import { prepared } from '../database/prepared.js';

/** Any number that no other lock has. */
const CONTESTS_LOCK = 7_237_110_003;

/**
 * Held until the transaction ends. Votes are written side by side; whatever changes how votes that are there already count
 * (retractions, alerts, entries, what people set up) is written alone, or it could miss votes that are just being written. Who has it
 * never waits for a position: those are locked first.
 */
export const lockContestsSql = {
  besideOthers: prepared(`SELECT pg_advisory_xact_lock_shared(${CONTESTS_LOCK})`),
  alone: prepared(`SELECT pg_advisory_xact_lock(${CONTESTS_LOCK})`),
};
