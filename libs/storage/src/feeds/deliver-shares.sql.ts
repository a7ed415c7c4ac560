/**
 * $1 to $3: authors, times and ties of new shares. A reference to each goes to all who follow its author, unless it is pulled.
 * One that comes so late that it is beyond an inbox's horizon does no harm there. Returns how many, and the inboxes whose turn it is to be trimmed: at about each
 * 64th that they get, so that they stay short without being counted each time.
 */
export const deliverSharesSql = `
  WITH new AS (
    SELECT author, at, tie FROM unnest($1::integer[], $2::timestamptz[], $3::bigint[]) AS new (author, at, tie)
    WHERE NOT EXISTS (SELECT FROM computed.feed_pulled p WHERE p.author = new.author)
  ), delivered AS (
    INSERT INTO computed.feed_inbox (user_id, at, tie, author)
    SELECT r.actor, new.at, new.tie, new.author
    FROM new
    JOIN computed.relation r ON r.target = new.author AND r.kind = 1 AND r.is_on
    ON CONFLICT DO NOTHING
    RETURNING user_id, tie
  )
  SELECT count(*)::integer AS delivered,
    coalesce(array_agg(DISTINCT user_id) FILTER (WHERE (tie % 64 + user_id) % 64 = 0), '{}') AS full
  FROM delivered`;
