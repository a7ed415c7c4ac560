/** $1: names. Gives each that has none a number; returns those of all. */
export const numberUsersSql = `
  WITH name AS (
    SELECT DISTINCT name FROM unnest($1::text[]) AS given (name)
  ), added AS (
    INSERT INTO computed.feed_user (name)
    SELECT name FROM name WHERE NOT EXISTS (SELECT FROM computed.feed_user u WHERE u.name = name.name)
    RETURNING id, name
  )
  SELECT id, name FROM added
  UNION ALL
  SELECT u.id, u.name FROM computed.feed_user u JOIN name USING (name)`;
