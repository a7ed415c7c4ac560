import { prepared } from '../database/prepared.js';

const columns = [
  'id',
  'rule_id',
  'rule_name',
  'rule_title',
  'rule_version',
  'rule_owner',
  'rule_runbook',
  'severity',
  'state',
  'merged_into',
  'group_fields',
  'group_terms',
  'group_text',
  'timespan',
  'condition',
  'first_seen',
  'opened_at',
  'last_seen',
  'closed_at',
  'value',
  'peak',
  'events',
  'expected',
  'shadow',
  'decision',
  'retro',
  'revision',
  'position_partition',
  'position_offset',
  'incident',
];
const jsonColumns = new Set(['group_fields', 'condition', 'decision']);

/** What people decided: not theirs to write, but alerts are found by it. */
const copied = 'triage_status, triage_owner, triage_verdict, triage_reason, triage_notes';

/**
 * $1: JSON array of rows, one per alert, each newer than what is stored, and none raised afterwards where one raised live
 * is. JSON columns come as text inside that JSON, and so reach the table as they were written. Changes are numbered in the
 * order of the rows: hence the join one by one.
 */
export const upsertAlertsSql = prepared(`
  WITH row AS (
    SELECT * FROM json_to_recordset($1::json) AS row (
      id text, rule_id text, rule_name text, rule_title text, rule_version integer,
      rule_owner text, rule_runbook text, severity text, state text,
      merged_into text, group_fields text, group_terms text[], group_text text, timespan text, condition text,
      first_seen timestamptz, opened_at timestamptz, last_seen timestamptz, closed_at timestamptz,
      value double precision, peak double precision, events bigint, expected double precision, shadow boolean,
      decision text, retro boolean,
      revision integer, position_partition integer, position_offset bigint, incident text)
  ), kind AS (
    INSERT INTO computed.alert_kind (rule_id, rule_name, rule_title, severity)
    SELECT DISTINCT rule_id, rule_name, left(rule_title, 500), severity FROM row
    ON CONFLICT DO NOTHING
  )
  INSERT INTO computed.alert AS a (${columns.join(', ')}, change, ${copied})
  SELECT ${columns.map((name) => (jsonColumns.has(name) ? `row.${name}::json` : `row.${name}`)).join(', ')},
    nextval('computed.alert_change'), coalesce(t.status, 'new'), t.owner, t.verdict,
    t.reason, coalesce(t.notes, 0)
  FROM row
  LEFT JOIN LATERAL (SELECT * FROM decided.triage t WHERE t.alert_id = row.id LIMIT 1) AS t ON true
  ON CONFLICT (id) DO UPDATE SET
    ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}, change = excluded.change`);
