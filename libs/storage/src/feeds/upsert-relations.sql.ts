/**
 * $1: JSON array of rows, $2 the turn. The last event of each edge holds, whatever came first. Returns the follows that now are
 * and were not.
 */
export const upsertRelationsSql = `
  WITH written AS (
    INSERT INTO computed.relation AS r (actor, kind, target, is_on, at, tie, turn)
    SELECT DISTINCT ON (actor, kind, target) actor, kind, target, is_on, at, tie, $2
    FROM json_to_recordset($1::json) AS row
      (actor integer, kind smallint, target integer, is_on boolean, at timestamptz, tie integer)
    ORDER BY actor, kind, target, at DESC, tie DESC
    ON CONFLICT (actor, kind, target) DO UPDATE
    SET is_on = excluded.is_on, at = excluded.at, tie = excluded.tie,
      turn = CASE WHEN r.is_on = excluded.is_on THEN r.turn ELSE excluded.turn END
    WHERE (r.at, r.tie) < (excluded.at, excluded.tie)
    RETURNING actor, kind, target, is_on, turn
  )
  SELECT actor AS user, target AS author FROM written WHERE kind = 1 AND is_on AND turn = $2`;
