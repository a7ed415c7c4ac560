/** $1: JSON array of rows, $2 the turn. An event that is there already is left as it is. Returns where the new ones stand. */
export const insertSharesSql = `
  INSERT INTO computed.share
    (author, at, tie, turn, object_key, source, id, via_source, via_id, audience, object, text)
  SELECT author, at, tie, $2, object_key, source, id, via_source, via_id, audience, object, text
  FROM json_to_recordset($1::json) AS row
    (author integer, at timestamptz, tie bigint, object_key bigint, source text, id text, via_source text, via_id text,
      audience text[], object json, text text)
  ON CONFLICT DO NOTHING
  RETURNING author, at, tie`;
