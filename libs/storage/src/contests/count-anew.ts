import type { EntityManager } from 'typeorm';
import type { Send } from '../database/pipelined.js';
import { type ContestState, contestStates } from './contest-states.js';
import { lastAndLiveSql } from './last-and-live.sql.js';
import { lockContestsSql } from './lock-contests.sql.js';
import { suspectsOf } from './suspects.js';
import { TallyChanges } from './tally-changes.js';
import { markVotes, type StoredVote, storedVoteOf, takenBack, type VoteRow } from './votes.js';

/**
 * Goes on counting a stale contest from its votes, by voter, in the caller's transaction: which are live, and its tallies. After
 * the last of them it is stale no more. `votesMax`: votes at once, or more where they are of one voter.
 */
export async function countAnew(
  manager: EntityManager,
  { id, votesMax }: { id: string; votesMax: number },
  send: Send,
): Promise<void> {
  send(lockContestsSql.alone);
  const [stale] = await manager.query<{ counted: string | null }[]>(
    'SELECT counted FROM computed.contest_stale WHERE contest = $1',
    [id],
  );
  if (!stale) return;
  if (stale.counted === null)
    for (const table of ['contest_tally', 'contest_fading', 'contest_ballots'])
      send(`DELETE FROM computed.${table} WHERE contest = $1`, [id]);
  const after = stale.counted ?? '';
  const [{ last }] = await manager.query<{ last: string | null }[]>(
    `SELECT (SELECT voter FROM computed.contest_vote WHERE contest = $1 AND voter > $2 ORDER BY voter OFFSET $3 LIMIT 1) AS last`,
    [id, after, votesMax],
  );
  if (last === null) send('DELETE FROM computed.contest_stale WHERE contest = $1', [id]);
  else send('UPDATE computed.contest_stale SET counted = $2 WHERE contest = $1', [id, last]);
  const contest = (await contestStates(manager, [id])).get(id)!;
  const rows = await manager.query<(VoteRow & { last: boolean })[]>(lastAndLiveSql, [
    id,
    contest.untilText,
    after,
    last,
  ]);
  await countSome(
    manager,
    contest,
    rows.map(({ last: isLast, ...row }) => ({ isLast, vote: storedVoteOf(row) })),
    send,
  );
}

async function countSome(
  manager: EntityManager,
  contest: ContestState,
  rows: readonly { isLast: boolean; vote: StoredVote }[],
  send: Send,
): Promise<void> {
  const last = rows.filter(({ isLast }) => isLast).map(({ vote }) => vote);
  const [isBack, suspects] = await Promise.all([takenBack(manager, last), suspectsOf(manager, last)]);
  const tallies = new TallyChanges();
  const changed = rows.flatMap(({ isLast, vote }) => {
    const live = isLast && !isBack(vote, contest.until);
    const now = { ...vote, live, rules: live ? suspects.rulesAgainst(vote, contest.until) : null };
    if (live) tallies.add(contest, now, 1);
    const isSame = live === vote.live && JSON.stringify(now.rules) === JSON.stringify(vote.rules);
    return isSame ? [] : [now];
  });
  markVotes(send, changed);
  await tallies.write(manager, send);
}
