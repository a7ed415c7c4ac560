/** $1: users, $2 how many items an inbox holds. What is beyond goes, and their inboxes hold all only down to there. */
export const trimInboxesSql = `
  WITH cut AS (
    SELECT u.user_id, i.at, i.tie
    FROM (SELECT DISTINCT user_id FROM unnest($1::integer[]) AS given (user_id)) AS u
    CROSS JOIN LATERAL (
      SELECT i.at, i.tie FROM computed.feed_inbox i WHERE i.user_id = u.user_id
      ORDER BY i.at DESC, i.tie DESC OFFSET $2::bigint LIMIT 1
    ) AS i
  ), gone AS (
    DELETE FROM computed.feed_inbox i USING cut
    WHERE i.user_id = cut.user_id AND (i.at, i.tie) <= (cut.at, cut.tie)
  )
  UPDATE computed.feed_user u SET horizon_at = cut.at, horizon_tie = cut.tie
  FROM cut
  WHERE u.id = cut.user_id AND (u.horizon_at IS NULL OR (u.horizon_at, u.horizon_tie) < (cut.at, cut.tie))`;
