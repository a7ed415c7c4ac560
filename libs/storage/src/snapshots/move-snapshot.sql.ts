/** $1 name, $2 generation, $3 position. No row: another owner came, or what is stored is of a later position. */
export const moveSnapshotSql = `
  UPDATE computed.snapshot SET position = $3
  WHERE name = $1 AND generation = $2 AND (position IS NULL OR position <= $3)
  RETURNING name`;
