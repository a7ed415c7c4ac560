import { prepared } from '../database/prepared.js';

/** $1: JSON array of rows. A row that is there is prolonged, and otherwise stays as it was raised. */
export const upsertDecisionsSql = prepared(`
  INSERT INTO computed.decision AS d (alert_id, term, uuid, id, rule_id, rule_name, rule_owner, severity, group_fields,
    type, scope, value, starts_at, until, duration_ms, guard, minute, change)
  SELECT alert_id, term, uuid, id, rule_id, rule_name, rule_owner, severity, group_fields::json,
    type, scope, value, starts_at, until, duration_ms, guard, minute, nextval('decided.blocking_change')
  FROM json_to_recordset($1::json) AS row (
    alert_id text, term integer, uuid text, id bigint, rule_id text, rule_name text, rule_owner text, severity text,
    group_fields text, type text, scope text, value text, starts_at timestamptz, until timestamptz, duration_ms bigint,
    guard text, minute timestamptz)
  ON CONFLICT (alert_id, term) DO UPDATE SET until = excluded.until, change = excluded.change`);
