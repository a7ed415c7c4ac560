/** $1 projection, $2 topic, $3 partition. Where it stands; nobody else moves it until the transaction ends. */
export const lockPositionSql = `
  SELECT "offset" FROM computed.projection_position
  WHERE projection = $1 AND topic = $2 AND partition = $3
  FOR UPDATE`;
