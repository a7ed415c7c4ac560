/** $1 projection, $2 topic, $3 partition, $4 offset. */
export const movePositionSql = `
  UPDATE computed.projection_position SET "offset" = $4
  WHERE projection = $1 AND topic = $2 AND partition = $3`;
