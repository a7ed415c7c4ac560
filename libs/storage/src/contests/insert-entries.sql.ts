/** $1: JSON array of rows. An event that is there already is left as it is: the log's first counts. */
export const insertEntriesSql = `
  INSERT INTO computed.contest_entry (contest, entry, at, source, id, actor, title, state)
  SELECT contest, entry, at, source, id, actor, title, state
  FROM json_to_recordset($1::json) AS row
    (contest text, entry text, at timestamptz, source text, id text, actor text, title text, state text)
  ON CONFLICT DO NOTHING`;
