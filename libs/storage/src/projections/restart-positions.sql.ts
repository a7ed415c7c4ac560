/** $1: names that positions are kept by. They stand at the beginning again. */
export const restartPositionsSql = `UPDATE computed.projection_position SET "offset" = 0 WHERE projection = ANY ($1)`;
