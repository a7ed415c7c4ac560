import { prepared } from '../database/prepared.js';

/** $1: JSON array of {projection, topic, partition, offset}. */
export const movePositionsSql = prepared(`
  UPDATE computed.projection_position AS p SET "offset" = row."offset"
  FROM json_to_recordset($1::json) AS row (projection text, topic text, partition integer, "offset" bigint)
  WHERE p.projection = row.projection AND p.topic = row.topic AND p.partition = row.partition`);
