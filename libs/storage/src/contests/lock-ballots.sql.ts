import { prepared } from '../database/prepared.js';

/** $1: contests. Nobody else adds ballots to theirs until the transaction ends. In order, so that of two writers one waits for the other. */
export const lockBallotsSql = prepared(`
  SELECT pg_advisory_xact_lock(hashtextextended(contest, 7237110004)) FROM unnest($1::text[]) AS contest ORDER BY contest`);
