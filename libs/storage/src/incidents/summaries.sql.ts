/** Lowest first. */
const severities = `ARRAY['informational', 'low', 'medium', 'high', 'critical']`;

/** $1: names of incidents. What their alerts add up to, however many they are: the first of them is the incident's name. */
export const summariesSql = `
  SELECT first.id, first.group_fields AS "group", first.opened_at, latest.last_seen, sums.*
  FROM computed.alert first
  CROSS JOIN LATERAL (
    SELECT sum(s.alerts)::integer AS alerts, sum(s.open)::integer AS open,
      sum(s.acknowledged)::integer AS acknowledged, sum(s.closed)::integer AS closed,
      array_agg(DISTINCT s.rule_name) AS rules,
      (${severities})[max(array_position(${severities}, s.severity))] AS severity
    FROM computed.incident_sum s WHERE s.incident = first.id AND s.alerts > 0
  ) AS sums
  CROSS JOIN LATERAL (
    SELECT a.last_seen FROM computed.alert a
    WHERE a.incident = first.id AND a.state <> 'merged' AND NOT a.shadow AND NOT a.retro
    ORDER BY a.last_seen DESC LIMIT 1
  ) AS latest
  WHERE first.id = ANY ($1::text[])`;
