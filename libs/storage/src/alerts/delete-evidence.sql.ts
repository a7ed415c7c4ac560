import { prepared } from '../database/prepared.js';

/** $1: JSON array of all references of these alerts, $2: ids of the alerts. Removes what their newest revisions refer to no longer. */
export const deleteEvidenceSql = prepared(`
  DELETE FROM computed.alert_evidence AS e
  WHERE e.alert_id = ANY ($2::text[]) AND NOT EXISTS (
    SELECT FROM json_to_recordset($1::json) AS row (alert_id text, topic text, partition integer, "offset" bigint)
    WHERE row.alert_id = e.alert_id AND row.topic = e.topic
      AND row.partition = e.partition AND row."offset" = e."offset")`);
