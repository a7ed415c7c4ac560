import { prepared } from '../database/prepared.js';

/** $1: ids of alerts. The latest row of each that has one. */
export const latestTermsSql = prepared(`
  SELECT DISTINCT ON (alert_id) alert_id, term, uuid, id, rule_id, rule_name, rule_owner, severity,
    group_fields::text AS group_fields, type, scope, value, starts_at, until, duration_ms, guard, minute
  FROM computed.decision WHERE alert_id = ANY ($1)
  ORDER BY alert_id, term DESC`);
