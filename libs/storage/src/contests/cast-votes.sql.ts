/** $1 contest, $2 the moment up to which events count. Every vote that was cast, also those that were replaced or taken back since, by choice. */
export const castVotesSql = `
  SELECT choice::text::json AS choice, count(*)::integer AS votes
  FROM computed.contest_vote
  WHERE contest = $1 AND at <= $2::timestamptz
  GROUP BY choice::text`;
