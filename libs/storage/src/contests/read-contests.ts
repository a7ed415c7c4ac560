import type { DataSource } from 'typeorm';
import { type Choice, type CountedChoice, heft, slotOf, slotOfStep } from '#libs/ranking';
import { storable } from '../storable.js';
import { castVotesSql } from './cast-votes.sql.js';
import type { Contest } from './contest-store.js';
import { countPastSql } from './count-past.sql.js';
import { countVotesSql } from './count-votes.sql.js';
import { discountedVotesSql } from './discounted-votes.sql.js';
import { type JudgedChoice, JudgedChoices } from './judged-choices.js';
import { standingEntriesSql } from './standing-entries.sql.js';

export interface StandingEntry {
  entry: string;
  title: string | null;
  actor: string | null;
}

export interface DiscountedVote {
  voter: string;
  at: Date;
  ip: string | null;
  choice: Choice;
  source: string;
  id: string;
  alerts: { id: string; rule: string }[];
}

/** What happened up to a moment, judged as it is judged today. */
export interface Moment {
  /** ms; null: everything that is known. */
  asOf: number | null;
  /** ms: what ages of votes are counted from, where `asOf` is null. */
  now: number;
}

interface CountedRow {
  choice: Choice;
  rules: string[] | null;
  steps: string;
  votes: number;
}

/** Entries that take part, and live votes as they are judged. `apart`: vote by vote, the oldest first. */
export async function readContest(
  database: DataSource,
  contest: Contest,
  { asOf, now }: Moment,
  apart: boolean,
): Promise<{ entries: StandingEntry[]; votes: JudgedChoice[] }> {
  const until = lastMoment(contest, asOf);
  const { id, mode, halfLifeSeconds, discountingRules } = contest;
  // One snapshot for both, or a vote could be counted whose entry is not there yet.
  return database.transaction('REPEATABLE READ', async (manager) => {
    const entries = await manager.query<StandingEntry[]>(standingEntriesSql, [id, until]);
    const halfLifeMs = mode === 'trending' ? halfLifeSeconds * 1_000 : null;
    const rows = await manager.query<CountedRow[]>(countVotesSql(apart), [id, until, discountingRules, halfLifeMs]);
    if (apart) return { entries, votes: rows.map((row) => ({ ...row, weight: row.votes, squares: row.votes })) };
    return { entries, votes: together(contest, rows, asOf ?? now) };
  });
}

function together(
  { mode, halfLifeSeconds, discountingRules }: Contest,
  rows: CountedRow[],
  at: number,
): JudgedChoice[] {
  const choices = new JudgedChoices(discountingRules);
  for (const { choice, rules, steps, votes } of rows) {
    const judged = choices.of(choice, rules ?? []);
    judged.votes += votes;
    if (mode !== 'trending') continue;
    const { slot, step } = slotOfStep(Number(steps));
    const { weight, squares } = heft(step);
    judged.fade({ slot, weight: votes * weight, squares: votes * squares });
  }
  return choices.all(mode === 'trending' ? slotOf(at, halfLifeSeconds) : null);
}

/** Every vote ever cast, by choice; also those that were replaced or taken back since. */
export async function castVotes(database: DataSource, contest: Contest, asOf: number | null): Promise<CountedChoice[]> {
  return database.query<CountedChoice[]>(castVotesSql, [contest.id, lastMoment(contest, asOf)]);
}

/** Live votes that are discounted, with the alerts that they are discounted for; by voter, from behind `cursor`. */
export async function discountedVotes(
  database: DataSource,
  contest: Contest,
  { asOf, limit, cursor = '' }: { asOf: number | null; limit: number; cursor?: string },
): Promise<DiscountedVote[]> {
  const { id, discountingRules } = contest;
  const asked = [id, lastMoment(contest, asOf), discountingRules, storable(cursor), limit];
  return database.query<DiscountedVote[]>(discountedVotesSql, asked);
}

/** The voter's last vote, unless it was taken back. */
export async function liveVote(
  database: DataSource,
  contest: string,
  voter: string,
): Promise<{ source: string; id: string } | null> {
  const [row] = await database.query<{ source: string; id: string; retracted: boolean }[]>(
    `SELECT source, id, EXISTS (
       SELECT FROM computed.retraction r WHERE r.source = v.source AND r.id = v.id AND r.actor = v.voter) AS retracted
     FROM computed.contest_vote v WHERE contest = $1 AND voter = $2
     ORDER BY at DESC, source DESC, id DESC LIMIT 1`,
    [contest, storable(voter)],
  );
  return row && !row.retracted ? { source: row.source, id: row.id } : null;
}

/** By partition of the topic `vote`: the first offset whose vote is not in the tables yet. */
export async function votesReached(database: DataSource): Promise<Map<number, number>> {
  const rows = await database.query<{ partition: number; offset: string }[]>(
    `SELECT partition, "offset" FROM computed.projection_position WHERE projection = 'contests' AND topic = 'vote'`,
  );
  return new Map(rows.map(({ partition, offset }) => [partition, Number(offset)]));
}

/** Changes whenever a board may have: with what was projected, with alerts and what people made of them, and with contests. */
export async function contestsVersion(database: DataSource): Promise<string> {
  const [{ version }] = await database.query<{ version: string }[]>(
    `SELECT concat_ws('-',
       (SELECT sum("offset") FROM computed.projection_position WHERE projection = 'contests'),
       (SELECT max(change) FROM computed.alert), (SELECT sum(change) FROM decided.contest)) AS version`,
  );
  return version;
}

/**
 * For each of the moments (ms, ascending) what changes whenever what had happened by then, or how it is judged, may have: a vote of
 * today does not change yesterday.
 */
export async function pastVersions(
  database: DataSource,
  { id, discountingRules, change }: Contest,
  moments: readonly number[],
): Promise<string[]> {
  const rows = await database.query<{ kind: string; until: number; rows: number }[]>(countPastSql, [
    id,
    moments.map((moment) => new Date(moment)),
  ]);
  const [{ alerts }] = await database.query<{ alerts: string | null }[]>(
    'SELECT max(change) AS alerts FROM computed.alert WHERE rule_name = ANY ($1::text[])',
    [discountingRules],
  );
  return moments.map((_, i) => JSON.stringify([change, alerts, rows.filter(({ until }) => until <= i)]));
}

/** A contest that is closed goes no further than that. */
export function lastMoment({ closedAt }: Contest, asOf: number | null): Date | 'infinity' {
  const last = Math.min(asOf ?? Infinity, closedAt ?? Infinity);
  return last === Infinity ? 'infinity' : new Date(last);
}
