import { prepared } from '../database/prepared.js';

/**
 * $1: JSON array of {projection, topic, partition}. Where each stands; nobody else moves them until the transaction ends. That
 * does not wait for the disk: a server that crashes may lose it, but then the positions together with all else that it wrote.
 */
export const lockPositionsSql = prepared(`
  SELECT p.topic, p.partition, p."offset", set_config('synchronous_commit', 'off', true)
  FROM computed.projection_position AS p
  JOIN json_to_recordset($1::json) AS row (projection text, topic text, partition integer)
    USING (projection, topic, partition)
  ORDER BY projection, topic, partition
  FOR UPDATE OF p`);
