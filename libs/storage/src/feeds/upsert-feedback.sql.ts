/** $1: JSON array of rows. The last event of each user, item and slot holds, whatever came first. */
export const upsertFeedbackSql = `
  INSERT INTO computed.feed_feedback AS f (user_id, item_key, slot, sharer, is_on, at, tie)
  SELECT DISTINCT ON (user_id, item_key, slot) user_id, item_key, slot, sharer, is_on, at, tie
  FROM json_to_recordset($1::json) AS row
    (user_id integer, item_key bigint, slot smallint, sharer integer, is_on boolean, at timestamptz, tie integer)
  ORDER BY user_id, item_key, slot, at DESC, tie DESC
  ON CONFLICT (user_id, item_key, slot) DO UPDATE
  SET sharer = excluded.sharer, is_on = excluded.is_on, at = excluded.at, tie = excluded.tie
  WHERE (f.at, f.tie) < (excluded.at, excluded.tie)`;
