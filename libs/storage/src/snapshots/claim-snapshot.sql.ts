/** $1 name. Makes the caller its owner, and returns the generation of that; nobody saves until the transaction ends. */
export const claimSnapshotSql = `
  INSERT INTO computed.snapshot AS s (name, generation) VALUES ($1, 1)
  ON CONFLICT (name) DO UPDATE SET generation = s.generation + 1
  RETURNING generation, position`;
