import { prepared } from '../database/prepared.js';

/** $1: JSON array of {cause, begins} that other runs took in. */
export const deleteRunsSql = prepared(`
  DELETE FROM computed.incident_run r
  USING json_to_recordset($1::json) AS gone (cause text, begins timestamptz)
  WHERE r.cause = gone.cause AND r.begins = gone.begins`);

/** $1: JSON array of runs. */
export const upsertRunsSql = prepared(`
  INSERT INTO computed.incident_run (cause, begins, ends, alert_id)
  SELECT cause, begins, ends, "alertId"
  FROM json_to_recordset($1::json) AS run (cause text, begins timestamptz, ends timestamptz, "alertId" text)
  ON CONFLICT (cause, begins) DO UPDATE SET ends = excluded.ends`);
