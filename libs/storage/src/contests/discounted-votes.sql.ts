import { judgedSql } from './judged.sql.js';

/** $1 to $3 as `judgedSql` says, $4 the voter after whom the page begins, $5 how many. */
export const discountedVotesSql = `${judgedSql}
  SELECT live.voter, live.at, live.ip, live.choice::text::json AS choice, live.source, live.id,
    json_agg(json_build_object('id', hit.alert, 'rule', hit.rule) ORDER BY hit.alert) AS alerts
  FROM live JOIN hit USING (voter)
  WHERE live.voter > $4
  GROUP BY live.voter, live.at, live.ip, live.choice::text, live.source, live.id
  ORDER BY live.voter LIMIT $5`;
