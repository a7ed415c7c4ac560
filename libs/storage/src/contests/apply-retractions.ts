import type { EntityManager } from 'typeorm';
import type { Send } from '../database/pipelined.js';
import { contestStates } from './contest-states.js';
import { insertRetractionsSql } from './insert-retractions.sql.js';
import { lockContestsSql } from './lock-contests.sql.js';
import { TallyChanges } from './tally-changes.js';
import { markVotes, storedVoteOf, type VoteRow, voteColumns } from './votes.js';

/** That somebody took an event back. */
export interface NewRetraction {
  /** Of the event taken back. */
  source: string;
  id: string;
  actor: string;
  /** ms */
  at: number;
}

/** Writes retractions, in the caller's transaction. The live votes that they name, of the same voter, are live no more. */
export async function applyRetractions(
  manager: EntityManager,
  given: readonly NewRetraction[],
  send: Send,
): Promise<void> {
  send(lockContestsSql.alone);
  const rows = JSON.stringify(given.map(({ at, ...row }) => ({ ...row, at: new Date(at) })));
  send(insertRetractionsSql, [rows]);
  const named = await manager.query<(VoteRow & { back_at: Date })[]>(
    `SELECT DISTINCT ON (v.contest, v.voter) ${voteColumns}, row.at AS back_at
     FROM json_to_recordset($1::json) AS row (source text, id text, actor text, at timestamptz)
     JOIN computed.contest_vote v ON v.voter = row.actor AND v.source = row.source AND v.id = row.id
     WHERE v.live ORDER BY v.contest, v.voter, row.at`,
    [rows],
  );
  const contests = await contestStates(manager, [...new Set(named.map(({ contest }) => contest))]);
  const gone = named.filter(({ contest, back_at }) => back_at.getTime() <= contests.get(contest)!.until);
  const votes = gone.map(({ back_at: _, ...vote }) => storedVoteOf(vote));
  const changes = new TallyChanges();
  for (const vote of votes) changes.add(contests.get(vote.contest)!, vote, -1);
  markVotes(
    send,
    votes.map((vote) => ({ ...vote, live: false, rules: null })),
  );
  await changes.write(manager, send);
}
