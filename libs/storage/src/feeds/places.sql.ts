import { prepared } from '../database/prepared.js';
import { listenedSql } from './followed.sql.js';

/**
 * $1 user, $2 the last turn that counts, $3 and $4 the place that is done with, $5 and $6 the last one that is wanted, $7 how
 * many. Where the next shares stand of those whom the user listens to, newest first; of some places the share is not there
 * (null): it was projected later, or nobody listens.
 *
 * From the inbox as far as it goes, and by author: of those whose shares are pulled, and, once the inbox is read to its end,
 * of all.
 */
export const placesSql = prepared(`
  WITH ${listenedSql}, horizon AS (
    SELECT coalesce(horizon_at, '-infinity') AS at, coalesce(horizon_tie, 0) AS tie FROM computed.feed_user WHERE id = $1
  ), pushed AS MATERIALIZED (
    SELECT i.at, i.tie, i.author
    FROM computed.feed_inbox i, horizon h
    WHERE i.user_id = $1 AND (i.at, i.tie) < ($3::timestamptz, $4::bigint) AND (i.at, i.tie) >= ($5::timestamptz, $6::bigint)
      AND (i.at, i.tie) > (h.at, h.tie)
    ORDER BY i.at DESC, i.tie DESC LIMIT $7::bigint
  ), source AS MATERIALIZED (
    SELECT l.author, CASE WHEN l.pulled THEN 'infinity' ELSE h.at END AS at, h.tie
    FROM listened l, horizon h
    WHERE l.pulled OR (h.at > '-infinity' AND (SELECT count(*) FROM pushed) < $7::bigint)
  ), pulled AS (
    SELECT s.at, s.tie, s.author
    FROM source
    CROSS JOIN LATERAL (
      SELECT s.at, s.tie, s.author FROM computed.share s
      WHERE s.author = source.author AND (s.at, s.tie) < ($3::timestamptz, $4::bigint)
        AND (s.at, s.tie) <= (source.at, source.tie) AND (s.at, s.tie) >= ($5::timestamptz, $6::bigint)
      ORDER BY s.at DESC, s.tie DESC LIMIT $7::bigint
    ) AS s
  ), place AS (
    SELECT at, tie, author FROM pushed
    UNION
    SELECT at, tie, author FROM pulled
    ORDER BY at DESC, tie DESC LIMIT $7::bigint
  )
  SELECT place.at, place.tie, s.object_key AS key
  FROM place
  LEFT JOIN computed.share s ON s.author = place.author AND s.at = place.at AND s.tie = place.tie AND s.turn <= $2
    AND place.author IN (SELECT author FROM listened)
  ORDER BY place.at DESC, place.tie DESC`);
