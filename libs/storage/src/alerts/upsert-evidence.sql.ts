import { prepared } from '../database/prepared.js';

/**
 * $1: JSON array of references of alerts just written. Adds those that are missing, and the event to those that came
 * without one: an event is published with its alert once, and kept from then on.
 */
export const upsertEvidenceSql = prepared(`
  INSERT INTO computed.alert_evidence AS e (alert_id, topic, partition, "offset", time, event)
  SELECT alert_id, topic, partition, "offset", time, event::json
  FROM json_to_recordset($1::json) AS row (
    alert_id text, topic text, partition integer, "offset" bigint, time timestamptz, event text)
  ON CONFLICT (alert_id, topic, partition, "offset") DO UPDATE SET event = excluded.event
  WHERE e.event IS NULL AND excluded.event IS NOT NULL`);
