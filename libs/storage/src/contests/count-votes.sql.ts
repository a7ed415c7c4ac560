import { judgedSql } from './judged.sql.js';

/** 256ths of a half-life since 1970 (null: it has none), as `slotOf` of libs/ranking has them; whole, and down before 1970, too. */
const step = `(parts - ((parts % $4) + $4) % $4) / $4`;

/**
 * $1 to $3 as `judgedSql` says, $4 ms of a half-life, or null. Live votes by choice, by the rules that they are discounted for (null:
 * they count) and by age. `apart`: vote by vote, in their order.
 */
export const countVotesSql = (apart: boolean): string => `${judgedSql},
  doubted AS (SELECT voter, array_agg(DISTINCT rule) AS rules FROM hit GROUP BY voter),
  aged AS (
    SELECT live.*, rules, (extract(epoch FROM at) * 1000)::bigint * 256 AS parts FROM live LEFT JOIN doubted USING (voter)
  )
  SELECT choice::text::json AS choice, rules, coalesce(${step}, 0) AS steps, count(*)::integer AS votes
  FROM aged
  GROUP BY choice::text, rules, steps ${apart ? ', at, source, id, voter ORDER BY at, source, id, voter' : ''}`;
