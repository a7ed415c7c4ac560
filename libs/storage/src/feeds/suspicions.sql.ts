import { isCountedSql } from '../alerts/is-counted.sql.js';
import { prepared } from '../database/prepared.js';

/** $1 names of rules, $2 names of people, $3 the same as terms of alerts. Open alerts of these rules that name one of them. */
export const suspicionsSql = prepared(`
  SELECT a.group_fields ->> 'actor' AS sharer, a.rule_name AS rule, a.id AS alert
  FROM computed.alert a
  WHERE a.group_terms && $3::text[] AND a.rule_name = ANY ($1::text[]) AND a.state = 'open' AND NOT a.shadow
    AND a.triage_verdict IS DISTINCT FROM 'false-positive' AND a.group_fields ->> 'actor' = ANY ($2::text[])
    AND ${isCountedSql}
  ORDER BY a.id`);
