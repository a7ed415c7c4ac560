import { isSuspect, namedKeys, suspectColumns } from './suspect-columns.sql.js';

/** Votes that an alert names by this key first; it may name them by later ones, too. */
const hitBy = (key: string, i: number): string => `
    SELECT live.voter, suspect.alert, suspect.rule
    FROM live JOIN suspect ON suspect.${key} = live.${key}${namedKeys
      .slice(0, i)
      .map((before) => ` AND suspect.${before} IS NULL`)
      .join('')}
    WHERE live.at BETWEEN suspect.first_seen AND suspect.closed_at
      AND (suspect.entry IS NULL OR suspect.entry = coalesce(live.choice ->> 'entry', live.choice ->> 'winner'))${namedKeys
        .slice(i + 1)
        .map((later) => ` AND (suspect.${later} IS NULL OR suspect.${later} = live.${later})`)
        .join('')}`;

/**
 * $1 contest, $2 the moment up to which events count, $3 names of the rules whose alerts discount. Relations for a query:
 *
 * - `live`: each voter's last vote by that moment, unless it was taken back by then.
 * - `hit`: live votes and the alerts that they are discounted for: cast in the alert's episode, by the voter, from the address or network, or
 *   by an account of the day that the alert names; where it names several of these and an entry, all of them. Not those that somebody marked as
 *   false positives, and not those that name only an entry.
 */
export const judgedSql = `
  WITH latest AS (
    SELECT DISTINCT ON (voter) voter, at, source, id, ip, network, account_created_on, choice
    FROM computed.contest_vote
    WHERE contest = $1 AND at <= $2::timestamptz
    ORDER BY voter DESC, at DESC, source DESC, id DESC
  ), live AS MATERIALIZED (
    SELECT voter, at, source, id, ip, network, account_created_on, choice
    FROM latest
    WHERE NOT EXISTS (
      SELECT FROM computed.retraction r
      WHERE r.source = latest.source AND r.id = latest.id AND r.actor = latest.voter AND r.at <= $2::timestamptz)
  ), suspect AS MATERIALIZED (
    SELECT * FROM (
      SELECT a.id AS alert, a.rule_name AS rule, a.first_seen, coalesce(a.closed_at, 'infinity') AS closed_at, ${suspectColumns}
      FROM computed.alert a
      WHERE a.rule_name = ANY ($3::text[]) AND ${isSuspect} AND a.opened_at <= $2::timestamptz
    ) AS named
    WHERE coalesce(contest, $1) = $1
  ), hit AS (${namedKeys.map(hitBy).join(' UNION ALL ')}
  )`;
