import type { DataSource } from 'typeorm';

/** When the oldest opened; one opens every `ALERT_EVERY_MS`. */
export const FILLED_FROM_MS = Date.UTC(2025, 0, 1);
export const ALERT_EVERY_MS = 30_000;
/** Of so many alerts the first of them are one large incident; the others come five by five. */
const LARGE_INCIDENT_EVERY = 100_000;
const LARGE_INCIDENT = 10_000;
const PART = 20_000;

/** Of the alert numbered `n`, from 0: the newest is the last. */
export const filledId = (n: number): string => `a${String(n).padStart(8, '0')}`;

/**
 * That many alerts as a year leaves them behind, made by the database itself: twenty rules, a few of which raise most;
 * nearly all closed by people, the newest open and new; incidents small and large.
 */
export async function fillAlerts(database: DataSource, alerts: number): Promise<void> {
  const indexes = await database.query<{ name: string; definition: string }[]>(
    `SELECT format('%I.%I', schemaname, indexname) AS name, indexdef AS definition FROM pg_indexes
     WHERE schemaname = 'computed' AND tablename = 'alert' AND indexname <> 'alert_pkey'`,
  );
  // Made anew at the end, which takes a fraction of the time.
  for (const { name } of indexes) await database.query(`DROP INDEX ${name}`);
  for (let from = 0; from < alerts; from += PART) {
    await database.query(fillSql, [from, Math.min(from + PART, alerts) - 1, alerts, new Date(FILLED_FROM_MS)]);
  }
  await database.query(
    'INSERT INTO computed.alert_kind SELECT DISTINCT rule_id, rule_name, rule_title, severity FROM computed.alert',
  );
  for (const { definition } of indexes) await database.query(definition);
  await database.query('VACUUM (ANALYZE) computed.alert, computed.incident_sum');
}

const fillSql = `
  INSERT INTO computed.alert (
    id, rule_id, rule_name, rule_title, rule_version, severity, state, merged_into, group_fields, group_terms, group_text,
    timespan, condition, first_seen, opened_at, last_seen, closed_at, value, peak, events, shadow, revision,
    position_partition, position_offset, change, incident, triage_status, triage_owner, triage_verdict, triage_reason)
  SELECT 'a' || lpad(n::text, 8, '0'), 'rule-' || rule, 'rule-name-' || rule, 'What rule number ' || rule || ' finds', 1,
    (ARRAY['informational', 'low', 'medium', 'high', 'critical'])[1 + rule % 5],
    CASE WHEN merged THEN 'merged' WHEN recent AND luck < 0.5 THEN 'open' ELSE 'closed' END,
    CASE WHEN merged THEN 'a' || lpad((n - 1)::text, 8, '0') END,
    json_build_object('ip', ip, 'user', who), ARRAY[ip, 'ip:' || ip, who, 'user:' || who], ip || ' ' || who,
    '60s', '{"gte":5}', opened, opened, opened + interval '40 s', opened + interval '100 s', 5, 9, 31, luck > 0.98, 3,
    n % 16, n, n,
    CASE WHEN luck > 0.98 THEN NULL
      WHEN n % ${LARGE_INCIDENT_EVERY} < ${LARGE_INCIDENT} THEN 'a' || lpad((n - n % ${LARGE_INCIDENT_EVERY})::text, 8, '0')
      ELSE 'a' || lpad((n - n % 5)::text, 8, '0') END,
    CASE WHEN recent AND luck < 0.7 THEN 'new' WHEN recent THEN 'acknowledged' ELSE 'closed' END,
    CASE WHEN luck > 0.7 THEN 'analyst-' || (luck * 1000)::integer % 20 END,
    CASE WHEN luck > 0.95 AND NOT recent THEN 'false-positive' WHEN luck > 0.9 THEN 'true-positive' END,
    CASE WHEN NOT recent THEN 'done' END
  FROM (
    SELECT n, luck, n > $3::bigint * 0.98 AS recent, n % 97 = 96 AS merged,
      $4::timestamptz + n * ${ALERT_EVERY_MS} * interval '1 ms' AS opened,
      floor(20 * chance * chance * chance)::integer AS rule,
      concat_ws('.', 10, (n / 5 * 7919) % 251, (n / 5 * 104729) % 241, n % 250) AS ip,
      'user' || (n / 5 * 31) % 5000 AS who
    FROM (SELECT n, CASE WHEN n % 5 = 0 THEN random() * 0.9 ELSE random() END AS luck, random() AS chance
      FROM generate_series($1::bigint, $2::bigint) n) AS drawn
  ) AS made`;
