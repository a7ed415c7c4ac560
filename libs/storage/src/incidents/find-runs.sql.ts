import { prepared } from '../database/prepared.js';

/**
 * $1: JSON array of {cause, begins, ends}, $2: the gap in ms. Runs of these causes that are no further from them than
 * the gap, with the incident of their alert. Runs of a cause are further apart than that: before the last one that
 * begins no later, none can reach.
 */
export const findRunsSql = prepared(`
  SELECT DISTINCT r.cause, r.begins, r.ends, r.alert_id AS "alertId", a.incident
  FROM json_to_recordset($1::json) AS span (cause text, begins timestamptz, ends timestamptz)
  JOIN computed.incident_run r ON r.cause = span.cause
    AND r.begins >= coalesce(
      (SELECT max(before.begins) FROM computed.incident_run before
       WHERE before.cause = span.cause AND before.begins <= span.begins), span.begins)
    AND r.begins <= span.ends + $2 * interval '1 ms'
    AND r.ends >= span.begins - $2 * interval '1 ms'
  LEFT JOIN computed.alert a ON a.id = r.alert_id`);
