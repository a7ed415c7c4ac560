import { prepared } from '../database/prepared.js';

/** $1: ids of alerts. */
export const loadKnownSql = prepared(`
  SELECT alert_id, state, position_partition AS "partition", position_offset AS "offset", transitions, held_back AS "heldBack"
  FROM sent.alert WHERE alert_id = ANY ($1)`);

/** $1: ids of alerts. */
export const loadConversationsSql = prepared(`
  SELECT target, alert_id AS "alertId", open, alert, changed_at AS "changedAt", resend_at AS "resendAt"
  FROM sent.conversation WHERE alert_id = ANY ($1)`);
