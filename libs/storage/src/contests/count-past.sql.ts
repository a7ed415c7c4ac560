/**
 * $1 contest, $2 moments, ascending. How many rows there are of what a contest is made of, by the first of the moments that they happened by (0
 * is the first; behind the last none). Rows are only ever added: where there are as many as before, they are the same.
 */
export const countPastSql = `
  SELECT kind, width_bucket(at - interval '1 ms', $2::timestamptz[]) AS until, count(*)::integer AS rows
  FROM (
    SELECT 'vote' AS kind, at FROM computed.contest_vote WHERE contest = $1
    UNION ALL
    SELECT 'entry', at FROM computed.contest_entry WHERE contest = $1
    UNION ALL
    SELECT 'retraction', at FROM computed.retraction
  ) AS happened
  WHERE at <= ($2::timestamptz[])[cardinality($2::timestamptz[])]
  GROUP BY kind, until
  ORDER BY kind, until`;
