/** $1: names of projections. None of them writes until the transaction ends: each takes its position first. */
export const holdPositionsSql = `
  SELECT 1 FROM computed.projection_position WHERE projection = ANY ($1)
  ORDER BY projection, topic, partition FOR UPDATE`;
