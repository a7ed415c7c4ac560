/** $1: JSON array of rows; `source` and `id` are those of the event taken back. */
export const insertRetractionsSql = `
  INSERT INTO computed.retraction (source, id, actor, at)
  SELECT source, id, actor, at
  FROM json_to_recordset($1::json) AS row (source text, id text, actor text, at timestamptz)
  ON CONFLICT DO NOTHING`;
