import { prepared } from '../database/prepared.js';

/** $1: JSON array of rows, with their `place` in the order in which they are told; $2: now; $3: until when they are tried. What is there already stays. */
export const putOutboxSql = prepared(`
  INSERT INTO sent.outbox (id, target, alert_id, transition, alert, message, put_at, due_at, give_up_at)
  SELECT id, target, "alertId", transition, alert, message, $2, to_timestamp("dueAt" / 1e3),
    greatest(to_timestamp("dueAt" / 1e3), $2) + $3 * interval '1 millisecond'
  FROM json_to_recordset($1::json) AS row (
    id text, target text, "alertId" text, transition text, alert json, message text, "dueAt" double precision, place integer)
  ORDER BY place
  ON CONFLICT (id) DO NOTHING
  RETURNING target, transition`);
