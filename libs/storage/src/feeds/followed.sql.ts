/**
 * $1 user, $2 the turn up to which follows count. A relation for a query, of whom the user follows: `author` and whether their
 * shares are `pulled`.
 */
export const followedSql = `
  followed AS MATERIALIZED (
    SELECT r.target AS author, EXISTS (SELECT FROM computed.feed_pulled p WHERE p.author = r.target) AS pulled
    FROM computed.relation r
    WHERE r.actor = $1 AND r.kind = 1 AND r.is_on AND r.turn <= $2
  )`;

/** $1 user. Whom they mute or block, and who blocks them. */
export const mutedSql = 'SELECT r.target FROM computed.relation r WHERE r.actor = $1 AND r.kind = 2 AND r.is_on';
export const blockedSql = `SELECT r.target FROM computed.relation r WHERE r.actor = $1 AND r.kind = 3 AND r.is_on
    UNION ALL
    SELECT r.actor FROM computed.relation r WHERE r.target = $1 AND r.kind = 3 AND r.is_on`;

/** As `followedSql`, without those: nothing of theirs is seen. */
export const listenedSql = `${followedSql},
  listened AS MATERIALIZED (
    SELECT author, pulled FROM followed WHERE author NOT IN (${mutedSql}) AND author NOT IN (${blockedSql})
  )`;
