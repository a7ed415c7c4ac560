/**
 * $1: now; $2: until when they are tried; $3: how many at most. Says again of alerts that they fire, where it is time; where
 * something of the alert still waits to be told, that says it.
 */
export const putFiringSql = `
  WITH due AS (
    SELECT c.target, c.alert_id, c.alert, c.resend_at, coalesce((w.settings ->> 'resendSeconds')::integer, 60) AS seconds
    FROM sent.conversation c JOIN decided.webhook w ON w.id = c.target
    WHERE c.resend_at <= $1 AND w.settings ->> 'kind' = 'alertmanager'
      AND coalesce((w.settings ->> 'enabled')::boolean, true)
    ORDER BY c.resend_at LIMIT $3
    FOR UPDATE OF c SKIP LOCKED),
  moved AS (
    UPDATE sent.conversation c SET resend_at = $1::timestamptz + due.seconds * interval '1 second'
    FROM due WHERE c.target = due.target AND c.alert_id = due.alert_id)
  INSERT INTO sent.outbox (id, target, alert_id, transition, alert, put_at, due_at, give_up_at)
  SELECT 'firing-' || md5(concat_ws(' ', target, alert_id, resend_at)), target, alert_id, 'firing', alert, $1, $1, $2
  FROM due WHERE NOT EXISTS (SELECT FROM sent.outbox o
    WHERE o.target = due.target AND o.alert_id = due.alert_id AND o.state = 'waiting')
  ON CONFLICT (id) DO NOTHING`;
