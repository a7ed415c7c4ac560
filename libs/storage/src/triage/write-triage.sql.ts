/**
 * $1: JSON array of steps, one per alert: {alert_id, actions, status, owner, verdict, reason, note}, $2: actor, $3: when.
 * Writes down each, what holds from then on, and that the alert changed. Returns the alerts with the steps' numbers.
 */
export const writeTriageSql = `
  WITH step AS (
    SELECT * FROM json_to_recordset($1::json) AS step (
      alert_id text, actions text[], status text, owner text, verdict text, reason text, note text)
  ), taken AS (
    INSERT INTO decided.triage_change (alert_id, actions, status, owner, verdict, reason, note, actor, at)
    SELECT alert_id, actions, status, owner, verdict, reason, note, $2, $3 FROM step ORDER BY alert_id
    RETURNING alert_id, change
  ), held AS (
    INSERT INTO decided.triage AS t (alert_id, status, owner, verdict, reason, notes, change)
    SELECT alert_id, status, owner, verdict, reason, (note IS NOT NULL)::integer, change
    FROM step JOIN taken USING (alert_id)
    ON CONFLICT (alert_id) DO UPDATE SET status = excluded.status, owner = excluded.owner, verdict = excluded.verdict,
      reason = excluded.reason, notes = t.notes + excluded.notes, change = excluded.change
  ), shown AS (
    UPDATE computed.alert a SET triage_status = step.status, triage_owner = step.owner, triage_verdict = step.verdict,
      triage_reason = step.reason, triage_notes = a.triage_notes + (step.note IS NOT NULL)::integer,
      change = nextval('computed.alert_change')
    FROM step WHERE a.id = step.alert_id
  )
  SELECT alert_id AS id, change FROM taken ORDER BY alert_id`;
