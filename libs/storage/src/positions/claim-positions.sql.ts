import { prepared } from '../database/prepared.js';

/**
 * $1: JSON array of {projection, topic, partition, offset}. Inserts those that are not there, and returns where each
 * stands. The update that changes nothing makes the row come back, whoever inserted it.
 */
export const claimPositionsSql = prepared(`
  INSERT INTO computed.projection_position AS p (projection, topic, partition, "offset")
  SELECT projection, topic, partition, "offset"
  FROM json_to_recordset($1::json) AS start (projection text, topic text, partition integer, "offset" bigint)
  ORDER BY projection, topic, partition
  ON CONFLICT (projection, topic, partition) DO UPDATE SET "offset" = p."offset"
  RETURNING topic, partition, "offset"`);
