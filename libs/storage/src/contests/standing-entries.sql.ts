/** $1 contest, $2 the moment up to which events count. Entries that take part, as was last said of them. */
export const standingEntriesSql = `
  SELECT entry, title, actor FROM (
    SELECT DISTINCT ON (entry) entry, title, actor, state
    FROM computed.contest_entry
    WHERE contest = $1 AND at <= $2::timestamptz
    ORDER BY entry DESC, at DESC, source DESC, id DESC
  ) AS latest
  WHERE state IS DISTINCT FROM 'withdrawn'
  ORDER BY entry`;
