import { prepared } from '../database/prepared.js';

/** $1: JSON array of what is known of alerts now. */
export const upsertKnownSql = prepared(`
  INSERT INTO sent.alert (alert_id, state, position_partition, position_offset, transitions, held_back)
  SELECT "alertId", state, "partition", "offset", transitions, "heldBack"
  FROM json_to_recordset($1::json) AS row (
    "alertId" text, state text, "partition" integer, "offset" bigint, transitions integer, "heldBack" text)
  ON CONFLICT (alert_id) DO UPDATE SET state = excluded.state, position_partition = excluded.position_partition,
    position_offset = excluded.position_offset, transitions = excluded.transitions, held_back = excluded.held_back`);

/** $1: JSON array of conversations. */
export const upsertConversationsSql = prepared(`
  INSERT INTO sent.conversation (target, alert_id, open, alert, changed_at, resend_at)
  SELECT target, "alertId", open, alert, to_timestamp("changedAt" / 1e3), to_timestamp("resendAt" / 1e3)
  FROM json_to_recordset($1::json) AS row (
    target text, "alertId" text, open boolean, alert json, "changedAt" double precision, "resendAt" double precision)
  ON CONFLICT (target, alert_id) DO UPDATE SET open = excluded.open, alert = excluded.alert,
    changed_at = excluded.changed_at, resend_at = excluded.resend_at`);
