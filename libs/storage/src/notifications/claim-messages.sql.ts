/**
 * $1 target, $2 now, $3 rows at most. Makes one message of what waits for one, once the first of it is due; of an alert that
 * is in a message already nothing is taken, so that its transitions stay in order.
 */
export const composeSql = `
  WITH taken AS (
    SELECT o.n, o.id FROM sent.outbox o
    WHERE o.target = $1 AND o.state = 'waiting' AND o.message IS NULL
      AND EXISTS (SELECT FROM sent.outbox d
        WHERE d.target = $1 AND d.state = 'waiting' AND d.message IS NULL AND d.due_at <= $2)
      AND (SELECT e.n FROM sent.outbox e WHERE e.target = $1 AND e.alert_id = o.alert_id
        AND e.state = 'waiting' AND e.message IS NOT NULL LIMIT 1) IS NULL
    ORDER BY o.n LIMIT $3)
  UPDATE sent.outbox o SET due_at = $2,
    message = (SELECT left(encode(sha256(convert_to(string_agg(id, ' ' ORDER BY n), 'UTF8')), 'hex'), 32) FROM taken)
  FROM taken WHERE o.n = taken.n`;

/**
 * $1 target, $2 now, $3 messages at most, $4 claim, $5 until when it holds. Hands out messages that are due and that nobody
 * has; an alert's next one only when all before it were delivered, or given up. Asked row by row, not as a join: of many that
 * wait only some are looked at.
 */
export const claimMessagesSql = `
  WITH due AS (
    SELECT o.message FROM sent.outbox o
    WHERE o.target = $1 AND o.state = 'waiting' AND o.message IS NOT NULL AND o.due_at <= $2
      AND (o.claimed_until IS NULL OR o.claimed_until <= $2)
      AND (SELECT e.message FROM sent.outbox e WHERE e.target = $1 AND e.alert_id = o.alert_id
        AND e.state = 'waiting' ORDER BY e.n LIMIT 1) = o.message
    ORDER BY o.due_at, o.n LIMIT $3
    FOR UPDATE SKIP LOCKED)
  UPDATE sent.outbox o SET claim = $4, claimed_until = $5
  FROM (SELECT DISTINCT message FROM due) AS claimed
  WHERE o.target = $1 AND o.message = claimed.message AND o.state = 'waiting'
  RETURNING o.n, o.message, o.transition, o.alert, o.attempts, o.give_up_at AS "giveUpAt"`;
