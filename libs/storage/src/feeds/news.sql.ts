/** $1 names, $2 for each a turn. Places in these lists, from 1: of those who follow somebody of whom a share was projected later. */
export const newsSql = `
  SELECT n::integer FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS reader (name, turn, n)
  JOIN computed.feed_user u USING (name)
  WHERE EXISTS (
    SELECT FROM computed.relation r CROSS JOIN LATERAL (
      SELECT FROM computed.share s WHERE s.author = r.target AND s.turn > reader.turn LIMIT 1
    ) AS s
    WHERE r.actor = u.id AND r.kind = 1 AND r.is_on)`;
