/**
 * $1 projection, $2 topic, $3 partition. Where it stands; nobody else moves it until the transaction ends. That does not
 * wait for the disk: a server that crashes may lose it, but then the position together with all else that it wrote.
 */
export const lockPositionSql = `
  SELECT "offset", set_config('synchronous_commit', 'off', true) FROM computed.projection_position
  WHERE projection = $1 AND topic = $2 AND partition = $3
  FOR UPDATE`;
