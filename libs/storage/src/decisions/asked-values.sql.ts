import { prepared } from '../database/prepared.js';

const beyondAddresses = `scope NOT IN ('Ip', 'Range') AND value <> ''`;
const asking = 'unnest($1::text[], $2::timestamptz[]) AS asking (rule_id, since)';

/**
 * $1 ids of rules, $2 times, by index; $3 values at most for each rule, $4 rows (null: all). Until when each rule asks for
 * values that it began with before that time, those that it asks for longest; and how many rows were looked at for each.
 */
export const askedBeforeSql = prepared(`
  SELECT asking.rule_id, earlier.* FROM ${asking}, LATERAL (
    SELECT scope || ' ' || value AS value, max(until) AS until, sum(count(*)) OVER ()::integer AS rows FROM (
      SELECT scope, value, until FROM computed.decision
      WHERE rule_id = asking.rule_id AND until > asking.since AND starts_at < asking.since AND ${beyondAddresses}
      ORDER BY until DESC LIMIT $4
    ) AS longest GROUP BY scope, value ORDER BY max(until) DESC LIMIT $3
  ) AS earlier`);

/** $1 ids of rules, $2 times, by index. What each rule asks for since that time, in the order in which it began. */
export const askedSinceSql = prepared(`
  SELECT rule_id, alert_id, term, scope || ' ' || value AS value, starts_at, until
  FROM ${asking} JOIN computed.decision USING (rule_id)
  WHERE starts_at >= since AND ${beyondAddresses}
  ORDER BY rule_id, starts_at, alert_id, term`);

/** $1 ids of alerts, $2 terms, by index. */
export const refuseManySql = prepared(`
  UPDATE computed.decision AS d SET guard = 'many', change = nextval('decided.blocking_change')
  FROM unnest($1::text[], $2::integer[]) AS beyond (alert_id, term)
  WHERE d.alert_id = beyond.alert_id AND d.term = beyond.term AND d.guard IS NULL
  RETURNING d.rule_id, d.rule_name, d.guard, d.minute, d.starts_at`);
