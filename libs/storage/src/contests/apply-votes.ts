import type { EntityManager } from 'typeorm';
import type { Send, Sendable } from '../database/pipelined.js';
import { type ContestState, contestStates } from './contest-states.js';
import { insertVotesSql } from './insert-votes.sql.js';
import { lockContestsSql } from './lock-contests.sql.js';
import { suspectsOf } from './suspects.js';
import { TallyChanges } from './tally-changes.js';
import { textArray } from './text-array.js';
import { isLater, lastVotes, markVotes, type StoredVote, takenBack } from './votes.js';

/**
 * Writes votes, in the caller's transaction. Of each voter the last becomes live, unless it was taken back; what was live before
 * is not any more; and tallies change by the difference. It does not matter in which order votes come, or how often. `votes`, none
 * of them live, are changed.
 */
export async function applyVotes(manager: EntityManager, given: readonly StoredVote[], send: Send): Promise<void> {
  send(lockContestsSql.besideOthers);
  // Near to each other in the index: a page of it is looked at once. Of equal ones the first stays the first.
  const votes = given.toSorted((a, b) => (a.voter < b.voter ? -1 : Number(a.voter > b.voter)));
  const contests = await contestStates(manager, [...new Set(votes.map(({ contest }) => contest))]);
  const last = lastOfEach(votes, contests);
  const all = [...last.values()].flatMap((ofContest) => [...ofContest.values()]);
  const [stored, isBack, suspects] = await Promise.all([
    lastVotes(manager, asked(last, contests)),
    takenBack(manager, all),
    suspectsOf(manager, all),
  ]);
  const changes = new TallyChanges();
  const over: StoredVote[] = [];
  for (const before of stored) {
    const ofContest = last.get(before.contest)!;
    if (!isLater(ofContest.get(before.voter)!, before)) ofContest.delete(before.voter);
    else if (before.live) {
      changes.add(contests.get(before.contest)!, before, -1);
      over.push({ ...before, live: false, rules: null });
    }
  }
  for (const vote of all) {
    const contest = contests.get(vote.contest)!;
    if (last.get(contest.id)!.get(vote.voter) !== vote) continue;
    if (isBack(vote, contest.until)) continue;
    vote.live = true;
    vote.rules = suspects.rulesAgainst(vote, contest.until);
    changes.add(contest, vote, 1);
  }
  send(insertVotesSql, columnsOf(votes));
  markVotes(send, over);
  await changes.write(manager, send);
}

/** By contest, then by voter. */
type LastVotes = Map<string, Map<string, StoredVote>>;

/** Of two with the same names, the log's first. */
function lastOfEach(votes: readonly StoredVote[], contests: ReadonlyMap<string, ContestState>): LastVotes {
  const last: LastVotes = new Map([...contests.keys()].map((id) => [id, new Map()]));
  for (const vote of votes) {
    if (vote.at > contests.get(vote.contest)!.until) continue;
    const ofContest = last.get(vote.contest)!;
    const known = ofContest.get(vote.voter);
    if (known === undefined || isLater(vote, known)) ofContest.set(vote.voter, vote);
  }
  return last;
}

function asked(last: LastVotes, contests: ReadonlyMap<string, ContestState>) {
  return [...last].flatMap(([id, ofContest]) => {
    const contest = contests.get(id)!;
    return Array.from(ofContest.keys(), (voter) => ({ contest, voter }));
  });
}

function columnsOf(votes: readonly StoredVote[]): Sendable[] {
  return [
    textArray(votes.map(({ contest }) => contest)),
    textArray(votes.map(({ voter }) => voter)),
    textArray(votes.map(({ at }) => new Date(at).toISOString())),
    textArray(votes.map(({ source }) => source)),
    textArray(votes.map(({ id }) => id)),
    textArray(votes.map(({ ip }) => ip)),
    textArray(votes.map(({ accountCreatedOn }) => accountCreatedOn)),
    textArray(votes.map(({ choice }) => JSON.stringify(choice))),
    textArray(votes.map(({ live }) => (live ? 't' : 'f'))),
    textArray(votes.map(({ rules }) => (rules === null ? null : JSON.stringify(rules)))),
  ];
}
