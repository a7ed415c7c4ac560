import { CHAIN_MAX } from '#libs/feed';
import { prepared } from '../database/prepared.js';
import { followedSql } from './followed.sql.js';

const columns = 's.author, s.source, s.id, s.via_source, s.via_id, s.audience';

/** To look somebody up costs as much as to read so many who shared an object. */
const SHARES_PER_LOOKUP = 10;

/**
 * $1 user, $2 the last turn that counts, $3 keys of objects. Every share of them by those whom the user follows, and what each
 * re-shares, to the original: `n` counts the shares, `depth` the steps from each. Of events with the same source and id, which
 * should not be, the first by `tie` is the one that is re-shared. Of an object that
 * very many share, those whom the user follows are looked up, instead of being looked for among all. `OFFSET 0` keeps the planner
 * from reading all that somebody ever shared.
 */
export const sharesOfObjectsSql = prepared(`
  WITH RECURSIVE ${followedSql}, many AS (
    SELECT ${SHARES_PER_LOOKUP} * count(*) AS shares FROM followed
  ), object AS MATERIALIZED (
    SELECT key, many.shares < (SELECT count(*) FROM (
      SELECT FROM computed.share s WHERE s.object_key = key LIMIT many.shares + 1) AS counted) AS is_wide
    FROM unnest($3::bigint[]) AS given (key), many
  ), sharer AS MATERIALIZED (
    SELECT DISTINCT object.key, s.author FROM object CROSS JOIN LATERAL (
      SELECT s.author FROM computed.share s WHERE s.object_key = object.key OFFSET 0
    ) AS s
    WHERE NOT is_wide AND s.author IN (SELECT author FROM followed)
    UNION ALL
    SELECT key, author FROM object CROSS JOIN followed WHERE is_wide
  ), found AS (
    SELECT s.* FROM sharer CROSS JOIN LATERAL (
      SELECT * FROM computed.share s WHERE s.object_key = sharer.key AND s.author = sharer.author OFFSET 0
    ) AS s
  ), member AS MATERIALIZED (
    SELECT s.*, row_number() OVER (ORDER BY s.at DESC, s.tie DESC) AS n FROM found s WHERE s.turn <= $2
  ), link AS (
    SELECT s.n, 0 AS depth, ${columns} FROM member s
    UNION ALL
    SELECT link.n, link.depth + 1, s.author, s.source, s.id, s.via_source, s.via_id, s.audience
    FROM link CROSS JOIN LATERAL (
      SELECT ${columns} FROM computed.share s WHERE s.source = link.via_source AND s.id = link.via_id ORDER BY s.tie LIMIT 1
    ) AS s
    WHERE link.depth <= ${CHAIN_MAX}
  )
  SELECT link.n, u.name AS author, link.source, link.id, link.audience,
    EXISTS (
      SELECT FROM computed.share_retraction r
      WHERE r.source = link.source AND r.id = link.id AND r.actor = u.name) AS retracted,
    member.at, member.tie, member.object_key AS key, member.object, member.text
  FROM link
  CROSS JOIN LATERAL (SELECT name FROM computed.feed_user u WHERE u.id = link.author OFFSET 0) AS u
  LEFT JOIN member ON member.n = link.n AND link.depth = 0
  ORDER BY link.n, link.depth`);
