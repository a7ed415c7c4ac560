import { voteColumns } from './votes.js';

/**
 * $1 contest, $2 the moment that it goes to, $3 and $4: the voters behind the one, up to the other (null: all that follow). Of each
 * the last vote by that moment, and what was live until now.
 */
export const lastAndLiveSql = `
  SELECT * FROM (
    SELECT ${voteColumns}, v.at <= $2::timestamptz AND row_number() OVER (
      PARTITION BY v.voter ORDER BY v.at <= $2::timestamptz DESC, v.at DESC, v.source DESC, v.id DESC) = 1 AS last
    FROM computed.contest_vote v
    WHERE v.contest = $1 AND v.voter > $3 AND ($4::text IS NULL OR v.voter <= $4)
  ) AS v WHERE last OR live`;
