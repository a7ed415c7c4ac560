const columns = [
  'id',
  'rule_id',
  'rule_name',
  'rule_title',
  'rule_version',
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
  'revision',
  'position_partition',
  'position_offset',
];
const jsonColumns = new Set(['group_fields', 'condition']);

/**
 * $1: JSON array of rows, one per alert. Writes those that are newer than what is stored, and returns their ids. JSON
 * columns come as text inside that JSON, and so reach the table as they were written.
 */
export const upsertAlertsSql = `
  INSERT INTO computed.alert AS a (${columns.join(', ')}, change)
  SELECT ${columns.map((name) => (jsonColumns.has(name) ? `${name}::json` : name)).join(', ')},
    nextval('computed.alert_change')
  FROM json_to_recordset($1::json) AS row (
    id text, rule_id text, rule_name text, rule_title text, rule_version integer, severity text, state text,
    merged_into text, group_fields text, group_terms text[], group_text text, timespan text, condition text,
    first_seen timestamptz, opened_at timestamptz, last_seen timestamptz, closed_at timestamptz,
    value double precision, peak double precision, events bigint, expected double precision, shadow boolean,
    revision integer, position_partition integer, position_offset bigint)
  ON CONFLICT (id) DO UPDATE SET
    ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}, change = excluded.change
  WHERE a.position_partition <> excluded.position_partition OR a.position_offset < excluded.position_offset
  RETURNING id`;
