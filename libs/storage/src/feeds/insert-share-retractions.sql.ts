/** $1: JSON array of rows; `source` and `id` are those of the event taken back. */
export const insertShareRetractionsSql = `
  INSERT INTO computed.share_retraction (source, id, actor)
  SELECT source, id, actor FROM json_to_recordset($1::json) AS row (source text, id text, actor text)
  ON CONFLICT DO NOTHING`;
