/** $1: ids of alerts. Each that there is, as `asked`, with the alert that it is part of now: itself, where it was not merged. */
export const followMergedSql = `
  WITH RECURSIVE way (asked, id, merged_into) AS (
    SELECT id, id, merged_into FROM computed.alert WHERE id = ANY ($1::text[])
    UNION
    SELECT way.asked, a.id, a.merged_into FROM way JOIN computed.alert a ON a.id = way.merged_into
  )
  SELECT asked, id FROM way WHERE merged_into IS NULL`;

/** $1: id of an alert. The steps about the alert that it is part of now, and about all that are part of that one. */
export const triageHistorySql = `
  WITH RECURSIVE way (id, merged_into) AS (
    SELECT id, merged_into FROM computed.alert WHERE id = $1
    UNION
    SELECT a.id, a.merged_into FROM way JOIN computed.alert a ON a.id = way.merged_into
  ), family (id) AS (
    SELECT id FROM way
    UNION
    SELECT a.id FROM family JOIN computed.alert a ON a.merged_into = family.id
  )
  SELECT c.change, c.alert_id AS alert, c.actions, c.status, c.owner, c.verdict, c.reason, c.note, c.actor, c.at
  FROM family JOIN decided.triage_change c ON c.alert_id = family.id
  ORDER BY c.change DESC`;
