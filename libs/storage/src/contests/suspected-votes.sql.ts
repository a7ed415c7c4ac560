import { networkOf } from './network.sql.js';
import { namedKeys } from './suspect-columns.sql.js';
import { voteColumns } from './votes.js';

/** What of each suspect finds votes: the first that it names. The index of addresses begins with their networks. */
const found: Record<(typeof namedKeys)[number], string> = {
  voter: 'v.voter = asked.voter',
  ip: `v.network = CASE WHEN pg_input_is_valid(asked.ip, 'inet') THEN ${networkOf('asked.ip')} END AND v.ip = asked.ip`,
  network: 'v.network = asked.network',
  account_created_on: 'v.account_created_on = asked.account_created_on',
};

const firstOf = (key: string, i: number): string =>
  i === 0 ? key : `CASE WHEN coalesce(${namedKeys.slice(0, i).join(', ')}) IS NULL THEN ${key} END AS ${key}`;

const foundBy = (by: string): string => `
    SELECT v.voter, v.contest, v.at, v.source, v.id FROM asked JOIN computed.contest_vote v ON ${by}
    WHERE v.live AND (asked.contest IS NULL OR v.contest = asked.contest)`;

/**
 * $1: JSON array of suspects, $2: one contest, or null: all, $3 and $4: the contest and voter that it goes on from, $5: how many. Live votes
 * that the suspects may be about: of the voters, or from the addresses or networks, or by accounts of the days that they name.
 */
export const suspectedVotesSql = `
  WITH asked AS MATERIALIZED (
    SELECT DISTINCT ${namedKeys.map(firstOf).join(', ')}, coalesce(contest, $2) AS contest
    FROM json_to_recordset($1::json) AS row
      (contest text, voter text, ip text, network text, "accountCreatedOn" text)
    CROSS JOIN LATERAL (SELECT "accountCreatedOn" AS account_created_on) AS day
    WHERE $2::text IS NULL OR coalesce(contest, $2) = $2
  ), found AS (${namedKeys.map((key) => foundBy(found[key])).join(' UNION ')}
  ), page AS (
    SELECT * FROM found WHERE (contest, voter) > ($3, $4) ORDER BY contest, voter LIMIT $5
  )
  SELECT ${voteColumns} FROM page JOIN computed.contest_vote v USING (voter, contest, at, source, id)
  ORDER BY v.contest, v.voter`;
