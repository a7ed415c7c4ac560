import { isPendingSql, judgedChangeSql } from './judgement.sql.js';

/**
 * $1 contest, $2 how often it was changed, $3 seconds of its half-life, or null: its votes don't fade, $4 the slot behind which they weigh
 * anything. All in one answer, as JSON, choices beside their
 * votes: that is written and read faster than rows.
 */
export const talliesSql = `
  SELECT NOT EXISTS (SELECT FROM computed.contest_stale WHERE contest = $1)
      AND EXISTS (SELECT FROM decided.contest WHERE id = $1 AND change = $2::integer) AS sound,
    judged, ${isPendingSql('judged')} AS pending,
    (SELECT json_agg(json_build_object('rules', rules, 'choices', choices, 'votes', votes)) FROM (
       SELECT rules, json_agg(choice) AS choices, json_agg(votes) AS votes
       FROM computed.contest_tally WHERE contest = $1 AND votes <> 0 GROUP BY rules) AS counted) AS counted,
    (SELECT json_agg(json_build_object('rules', rules, 'choice', choice, 'slot', slot, 'weight', weight, 'squares', squares))
     FROM computed.contest_fading WHERE contest = $1 AND half_life = $3::integer AND slot > $4::bigint AND squares <> 0) AS fading,
    (SELECT json_agg(json_build_object('rules', rules, 'sums', sums))
     FROM computed.contest_ballots WHERE contest = $1) AS ballots
  FROM (SELECT ${judgedChangeSql} AS judged) AS position`;
