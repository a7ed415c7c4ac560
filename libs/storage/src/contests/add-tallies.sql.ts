import { prepared } from '../database/prepared.js';

/** $1: JSON array of rows, one of each key. In the order of the key, so that of two writers one waits for the other. */
export const addTalliesSql = prepared(`
  INSERT INTO computed.contest_tally AS t (contest, key, rules, choice, votes)
  SELECT contest, decode(key, 'hex'), rules, choice::json, votes
  FROM json_to_recordset($1::json) AS row (contest text, key text, rules text[], choice text, votes bigint)
  ORDER BY 1, 2
  ON CONFLICT (contest, key) DO UPDATE SET votes = t.votes + excluded.votes`);
