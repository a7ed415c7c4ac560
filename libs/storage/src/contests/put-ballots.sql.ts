import { prepared } from '../database/prepared.js';

/** $1: JSON array of rows. In place of what was there. */
export const putBallotsSql = prepared(`
  INSERT INTO computed.contest_ballots (contest, key, rules, sums)
  SELECT contest, decode(key, 'hex'), rules, sums::json
  FROM json_to_recordset($1::json) AS row (contest text, key text, rules text[], sums text)
  ON CONFLICT (contest, key) DO UPDATE SET sums = excluded.sums`);
