import type { EntityManager } from 'typeorm';
import type { BallotSums } from '#libs/ranking';
import type { Send } from '../database/pipelined.js';
import { contestStates } from './contest-states.js';
import { insertEntriesSql } from './insert-entries.sql.js';
import { lockContestsSql } from './lock-contests.sql.js';
import { markStale } from './stale.js';
import { standingEntriesSql } from './standing-entries.sql.js';

/** Writes what was said of entries, in the caller's transaction. Sums of ballots hold for the entries that stood: they are counted anew. */
export async function applyEntries(
  manager: EntityManager,
  rows: readonly { contest: string }[],
  send: Send,
): Promise<void> {
  send(lockContestsSql.alone);
  send(insertEntriesSql, [JSON.stringify(rows)]);
  const sums = await manager.query<{ contest: string; entries: BallotSums['entries'] }[]>(
    `SELECT DISTINCT ON (contest) contest, sums -> 'entries' AS entries FROM computed.contest_ballots
     WHERE contest = ANY ($1::text[])`,
    [[...new Set(rows.map(({ contest }) => contest))]],
  );
  const contests = await contestStates(
    manager,
    sums.map(({ contest }) => contest),
  );
  for (const { contest, entries } of sums) {
    const now = await manager.query<{ entry: string }[]>(standingEntriesSql, [
      contest,
      contests.get(contest)!.untilText,
    ]);
    const isSame = now.length === entries.length && now.every(({ entry }) => entries.includes(entry));
    if (!isSame) await markStale(manager, contest);
  }
}
