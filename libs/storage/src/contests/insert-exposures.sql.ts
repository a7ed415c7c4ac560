/** $1: JSON array of rows. An event that is there already is left as it is: the log's first counts. */
export const insertExposuresSql = `
  INSERT INTO computed.exposure (contest, voter, at, source, id, shown)
  SELECT contest, voter, at, source, id, shown
  FROM json_to_recordset($1::json) AS row
    (contest text, voter text, at timestamptz, source text, id text, shown text[])
  ON CONFLICT DO NOTHING`;
