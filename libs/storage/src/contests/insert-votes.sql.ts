import { prepared } from '../database/prepared.js';
import { networkOf } from './network.sql.js';

/**
 * $1 to $10: columns, as arrays: they are read in half the time of JSON. An event that is there already is left as it is: the log's
 * first counts. `rules` are JSON arrays.
 */
export const insertVotesSql = prepared(`
  INSERT INTO computed.contest_vote (contest, voter, at, source, id, ip, network, account_created_on, choice, live, rules)
  SELECT contest, voter, at, source, id, ip, ${networkOf('ip')}, account_created_on, choice, live,
    CASE WHEN rules IS NOT NULL THEN ARRAY(SELECT json_array_elements_text(rules)) END
  FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::json[],
    $9::boolean[], $10::json[]) AS row (contest, voter, at, source, id, ip, account_created_on, choice, live, rules)
  ON CONFLICT DO NOTHING`);
