/** $1 claim, $2 message, $3 now, $4 status, $5 problem. What was only said again leaves no trace. */
export const deliveredSql = `
  WITH done AS (
    UPDATE sent.outbox SET state = 'sent', attempts = attempts + 1, claim = NULL, claimed_until = NULL, done_at = $3,
      status = $4, problem = $5
    WHERE message = $2 AND claim = $1 AND transition <> 'firing')
  DELETE FROM sent.outbox WHERE message = $2 AND claim = $1 AND transition = 'firing'`;

/** $1 claim, $2 message, $3 due again, $4 status, $5 problem. What has to wait for it is not due before it. */
export const failedSql = `
  WITH failed AS (
    UPDATE sent.outbox SET attempts = attempts + 1, claim = NULL, claimed_until = NULL, due_at = $3, status = $4,
      problem = $5
    WHERE message = $2 AND claim = $1 RETURNING target, alert_id)
  UPDATE sent.outbox o SET due_at = $3 FROM failed f
  WHERE o.target = f.target AND o.alert_id = f.alert_id AND o.state = 'waiting' AND o.message <> $2 AND o.due_at < $3`;

/** $1 claim, $2 message, $3 now, $4 status, $5 problem. */
export const deadSql = `
  UPDATE sent.outbox SET state = 'dead', attempts = attempts + 1, claim = NULL, claimed_until = NULL, done_at = $3,
    status = $4, problem = $5
  WHERE message = $2 AND claim = $1`;

/** $1 target, $2 time: nothing goes there before it. */
export const pauseSql = `
  INSERT INTO sent.pause AS p (target, until) VALUES ($1, $2)
  ON CONFLICT (target) DO UPDATE SET until = greatest(p.until, excluded.until)`;
