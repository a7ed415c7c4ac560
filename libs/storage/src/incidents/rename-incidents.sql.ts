/**
 * $1: JSON array of {from, to}, $2: ids of alerts that are written anyway. Moves alerts to the incident that took
 * theirs in; each is a change of that alert.
 */
export const renameIncidentsSql = `
  UPDATE computed.alert a SET incident = renamed."to", change = nextval('computed.alert_change')
  FROM json_to_recordset($1::json) AS renamed ("from" text, "to" text)
  WHERE a.incident = renamed."from" AND a.id <> ALL ($2::text[])`;
