/**
 * $1 and $2: users and whom they follow from now on, $3 how many items an inbox holds. The newest of what these shared before
 * goes to the inboxes; where somebody has more, the inbox holds all only down to there. Returns how many.
 */
export const backfillInboxesSql = `
  WITH earlier AS (
    SELECT follow.user_id, s.at, s.tie, s.author, s.n
    FROM unnest($1::integer[], $2::integer[]) AS follow (user_id, author)
    JOIN computed.feed_user u ON u.id = follow.user_id
    CROSS JOIN LATERAL (
      SELECT s.at, s.tie, s.author, row_number() OVER (ORDER BY s.at DESC, s.tie DESC) AS n
      FROM computed.share s WHERE s.author = follow.author
      ORDER BY s.at DESC, s.tie DESC LIMIT $3::bigint + 1
    ) AS s
    WHERE NOT EXISTS (SELECT FROM computed.feed_pulled p WHERE p.author = follow.author)
      AND (u.horizon_at IS NULL OR (s.at, s.tie) > (u.horizon_at, u.horizon_tie))
  ), horizon AS (
    SELECT DISTINCT ON (user_id) user_id, at, tie FROM earlier WHERE n > $3::bigint ORDER BY user_id, at DESC, tie DESC
  ), raised AS (
    UPDATE computed.feed_user u SET horizon_at = horizon.at, horizon_tie = horizon.tie
    FROM horizon WHERE u.id = horizon.user_id
  ), delivered AS (
    INSERT INTO computed.feed_inbox (user_id, at, tie, author)
    SELECT user_id, at, tie, author FROM earlier
    ON CONFLICT DO NOTHING
    RETURNING 1
  )
  SELECT count(*)::integer AS delivered FROM delivered`;
