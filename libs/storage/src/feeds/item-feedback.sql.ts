import { prepared } from '../database/prepared.js';
/** $1 user, $2 keys of objects. */
export const itemFeedbackSql = prepared(`
  SELECT item_key AS key, slot, is_on FROM computed.feed_feedback WHERE user_id = $1 AND item_key = ANY ($2::bigint[])`);
