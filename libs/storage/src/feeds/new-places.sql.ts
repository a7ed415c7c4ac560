import { prepared } from '../database/prepared.js';
import { listenedSql } from './followed.sql.js';

/** As `placesSql`, of what was projected after the turn $8. */
export const newPlacesSql = prepared(`
  WITH ${listenedSql}
  SELECT s.at, s.tie, s.object_key AS key
  FROM listened l
  CROSS JOIN LATERAL (
    SELECT s.at, s.tie, s.object_key FROM computed.share s
    WHERE s.author = l.author AND s.turn > $8 AND s.turn <= $2
      AND (s.at, s.tie) < ($3::timestamptz, $4::bigint) AND (s.at, s.tie) >= ($5::timestamptz, $6::bigint)
    ORDER BY s.at DESC, s.tie DESC LIMIT $7::bigint
  ) AS s
  ORDER BY s.at DESC, s.tie DESC LIMIT $7::bigint`);
