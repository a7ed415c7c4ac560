/**
 * $1 user, $2 how many items an inbox holds. Fills an inbox that is empty with the newest of what those shared whom the user
 * follows and whose shares are not pulled. Returns how many; its horizon is the newest that did not fit.
 */
export const refillInboxSql = `
  WITH newest AS (
    SELECT s.at, s.tie, s.author, row_number() OVER (ORDER BY s.at DESC, s.tie DESC) AS n
    FROM computed.relation r
    CROSS JOIN LATERAL (
      SELECT s.at, s.tie, s.author FROM computed.share s WHERE s.author = r.target
      ORDER BY s.at DESC, s.tie DESC LIMIT $2::bigint + 1
    ) AS s
    WHERE r.actor = $1 AND r.kind = 1 AND r.is_on
      AND NOT EXISTS (SELECT FROM computed.feed_pulled p WHERE p.author = r.target)
    ORDER BY s.at DESC, s.tie DESC LIMIT $2::bigint + 1
  ), horizon AS (
    UPDATE computed.feed_user u
    SET horizon_at = (SELECT at FROM newest WHERE n > $2::bigint), horizon_tie = (SELECT tie FROM newest WHERE n > $2::bigint)
    WHERE u.id = $1
  ), filled AS (
    INSERT INTO computed.feed_inbox (user_id, at, tie, author)
    SELECT $1, at, tie, author FROM newest WHERE n <= $2::bigint
    RETURNING 1
  )
  SELECT count(*)::integer AS items FROM filled`;
