import { prepared } from '../database/prepared.js';

/** $1: JSON array of rows, one of each key. In the order of the key, so that of two writers one waits for the other. */
export const addFadingSql = prepared(`
  INSERT INTO computed.contest_fading AS f (contest, half_life, slot, key, rules, choice, weight, squares)
  SELECT contest, "halfLife", slot, decode(key, 'hex'), rules, choice::json, weight, squares
  FROM json_to_recordset($1::json) AS row (contest text, "halfLife" integer, slot bigint, key text, rules text[],
    choice text, weight bigint, squares bigint)
  ORDER BY 1, 2, 3, 4
  ON CONFLICT (contest, half_life, slot, key) DO UPDATE SET weight = f.weight + excluded.weight,
    squares = f.squares + excluded.squares`);
