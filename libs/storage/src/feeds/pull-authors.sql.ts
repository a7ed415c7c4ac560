/**
 * $1: numbers of users, $2 how many followers are too many. From now on the shares of those who have more are pulled. They are
 * counted no further than that.
 */
export const pullAuthorsSql = `
  INSERT INTO computed.feed_pulled (author)
  SELECT author FROM (SELECT DISTINCT author FROM unnest($1::integer[]) AS given (author)) AS given
  WHERE NOT EXISTS (SELECT FROM computed.feed_pulled p WHERE p.author = given.author)
    AND $2::bigint < (SELECT count(*) FROM (
      SELECT FROM computed.relation r WHERE r.target = given.author AND r.kind = 1 AND r.is_on LIMIT $2::bigint + 1) AS follower)`;
