/**
 * $1: ids of alerts that were merged into others. Those show what was decided about the merged ones, the latest, where
 * nothing was about themselves; and how many notes there are of all. What is decided stays as it is.
 */
export const inheritTriageSql = `
  WITH RECURSIVE heir (id) AS (
    SELECT merged_into FROM computed.alert WHERE id = ANY ($1::text[])
    UNION
    SELECT a.merged_into FROM heir JOIN computed.alert a ON a.id = heir.id WHERE a.merged_into IS NOT NULL
  ), family (heir, id) AS (
    SELECT id, id FROM heir
    UNION
    SELECT family.heir, a.id FROM family JOIN computed.alert a ON a.merged_into = family.id
  ), decided AS (
    SELECT DISTINCT ON (family.heir) family.heir, t.status, t.owner, t.verdict, t.reason,
      sum(t.notes) OVER (PARTITION BY family.heir) AS notes
    FROM family JOIN decided.triage t ON t.alert_id = family.id
    ORDER BY family.heir, (family.id = family.heir) DESC, t.change DESC
  )
  UPDATE computed.alert a SET triage_status = decided.status, triage_owner = decided.owner,
    triage_verdict = decided.verdict, triage_reason = decided.reason, triage_notes = decided.notes,
    change = nextval('computed.alert_change')
  FROM decided
  WHERE a.id = decided.heir
    AND (a.triage_status, a.triage_owner, a.triage_verdict, a.triage_reason, a.triage_notes)
      IS DISTINCT FROM (decided.status, decided.owner, decided.verdict, decided.reason, decided.notes)`;
