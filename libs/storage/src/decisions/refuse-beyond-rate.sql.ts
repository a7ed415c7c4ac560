import { prepared } from '../database/prepared.js';

/**
 * $1 ids of rules, $2 minutes, by index; $3 how many decisions a rule may raise in a minute. Of those of these minutes
 * the first stay, by when they began; the others are refused and returned. Which they are does not depend on the order in
 * which partitions were read: what comes later can only push out what began later still.
 */
export const refuseBeyondRateSql = prepared(`
  UPDATE computed.decision AS d SET guard = 'rate', change = nextval('decided.blocking_change')
  FROM unnest($1::text[], $2::timestamptz[]) AS bucket (rule_id, minute),
    LATERAL (
      SELECT alert_id, term FROM computed.decision
      WHERE rule_id = bucket.rule_id AND minute = bucket.minute AND guard IS NULL
      ORDER BY starts_at, alert_id, term OFFSET $3
    ) AS beyond
  WHERE d.alert_id = beyond.alert_id AND d.term = beyond.term
  RETURNING d.rule_id, d.rule_name, d.guard, d.minute, d.starts_at`);
