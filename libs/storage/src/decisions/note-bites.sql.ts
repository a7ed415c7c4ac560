/** $1: JSON array of {rule_id, rule_name, reason, minute, refused, first_at, last_at}. Adds them up, and returns the sums. */
export const noteBitesSql = `
  INSERT INTO computed.guard_bite AS b (rule_id, rule_name, reason, minute, refused, first_at, last_at, closed)
  SELECT rule_id, rule_name, reason, minute, refused, first_at, last_at, false
  FROM json_to_recordset($1::json) AS row (rule_id text, rule_name text, reason text, minute timestamptz,
    refused integer, first_at timestamptz, last_at timestamptz)
  ON CONFLICT (rule_id, reason, minute) DO UPDATE SET refused = b.refused + excluded.refused, closed = false,
    first_at = least(b.first_at, excluded.first_at), last_at = greatest(b.last_at, excluded.last_at)
  RETURNING rule_id, rule_name, reason, minute, refused, first_at, last_at`;
