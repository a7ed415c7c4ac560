import type { DataSource, EntityManager } from 'typeorm';
import { pipelined, type Send } from '../database/pipelined.js';
import { movePositionsSql } from '../positions/move-positions.sql.js';
import { claimPositions, lockPositions } from '../positions/positions.js';
import { contestStates } from './contest-states.js';
import { countAnew } from './count-anew.js';
import { isPendingSql, judgedChangeSql } from './judgement.sql.js';
import { lockContestsSql } from './lock-contests.sql.js';
import { suspectedVotesSql } from './suspected-votes.sql.js';
import { type SuspectChange, suspectChanges, suspectsOf, writeSuspects } from './suspects.js';
import { TallyChanges } from './tally-changes.js';
import { markVotes, type StoredVote, storedVoteOf, type VoteRow } from './votes.js';

const ALERTS_MAX = 1_000;
/** Votes at once: so many in memory, and so many others wait for. */
const VOTES_MAX = 20_000;

/** The first change of an alert that votes were not judged by yet. */
const judged = { projection: 'contest-judgement', topic: 'computed.alert', partition: 0, offset: 0 };

/**
 * Brings live votes and tallies to what alerts say now, and counts contests anew that are stale. Boards are exact without: they
 * are counted from votes meanwhile, which takes longer. `votesMax`: votes at once. Rejects where the database does.
 */
export async function settleContests(database: DataSource, votesMax = VOTES_MAX): Promise<void> {
  const [{ todo }] = await database.query<{ todo: boolean }[]>(
    `SELECT EXISTS (SELECT FROM computed.contest_stale)
       OR EXISTS (SELECT FROM computed.contest_vote) AND ${isPendingSql('judged')} AS todo
     FROM (SELECT ${judgedChangeSql} AS judged) AS position`,
  );
  if (!todo) return;
  await claimPositions(database, [judged]);
  while (!(await pipelined(database, (manager, send) => judgeSome(manager, votesMax, send))));
  for (;;) {
    const [stale] = await database.query<{ contest: string }[]>('SELECT contest FROM computed.contest_stale LIMIT 1');
    if (!stale) return;
    await pipelined(database, (manager, send) => countAnew(manager, { id: stale.contest, votesMax }, send));
  }
}

/** By the alerts that changed since, at most so many at a time. Whether it was all of them. */
async function judgeSome(manager: EntityManager, votesMax: number, send: Send): Promise<boolean> {
  const [from = 0] = await lockPositions(manager, [judged]);
  send(lockContestsSql.alone);
  const { changes, next, isAll } = await suspectChanges(manager, from, ALERTS_MAX);
  if (changes.length > 0) {
    writeSuspects(send, changes);
    for (let after = { contest: '', voter: '' }, some: StoredVote[]; ; after = some.at(-1)!) {
      some = await suspectedVotes(manager, changes, { after, votesMax });
      await judgeAnew(manager, some, send);
      if (some.length < votesMax) break;
    }
  }
  if (next > from) send(movePositionsSql, [JSON.stringify([{ ...judged, offset: next }])]);
  return isAll;
}

/** Live votes that the changes may be about, by contest and voter, from behind a vote or, with `contest`, of one contest. */
export async function suspectedVotes(
  manager: EntityManager,
  changes: readonly SuspectChange[],
  {
    after,
    votesMax,
    contest = null,
  }: { after: { contest: string; voter: string }; votesMax: number; contest?: string | null },
): Promise<StoredVote[]> {
  const about = changes.flatMap(({ before, now }) => [before, now].filter((one) => one !== null));
  const rows = await manager.query<VoteRow[]>(suspectedVotesSql, [
    JSON.stringify(about),
    contest,
    after.contest,
    after.voter,
    votesMax,
  ]);
  return rows.map(storedVoteOf);
}

async function judgeAnew(manager: EntityManager, votes: readonly StoredVote[], send: Send): Promise<void> {
  const suspects = await suspectsOf(manager, votes);
  const contests = await contestStates(manager, [...new Set(votes.map(({ contest }) => contest))]);
  const tallies = new TallyChanges();
  const changed = votes.flatMap((vote) => {
    const contest = contests.get(vote.contest)!;
    const now = { ...vote, rules: suspects.rulesAgainst(vote, contest.until) };
    if (JSON.stringify(now.rules) === JSON.stringify(vote.rules)) return [];
    tallies.add(contest, vote, -1);
    tallies.add(contest, now, 1);
    return [now];
  });
  markVotes(send, changed);
  await tallies.write(manager, send);
}
