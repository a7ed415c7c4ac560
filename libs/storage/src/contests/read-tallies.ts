import type { DataSource, EntityManager } from 'typeorm';
import { type BallotSums, type Choice, FADED_HALF_LIVES, slotOf } from '#libs/ranking';
import type { Contest } from './contest-store.js';
import { type JudgedChoice, JudgedChoices } from './judged-choices.js';
import { lastMoment, readContest, type StandingEntry } from './read-contests.js';
import { settleContests, suspectedVotes } from './settle-contests.js';
import { standingEntriesSql } from './standing-entries.sql.js';
import { suspectChanges } from './suspects.js';
import { talliesSql } from './tallies.sql.js';

const ALERTS_MAX = 1_000;
const TRIES = 3;

export interface Counted {
  entries: StandingEntry[];
  votes: JudgedChoice[];
}

interface Tallies {
  /** They are this contest's as it was set up, and none of its votes is missing. */
  sound: boolean;
  judged: string;
  /** Alerts changed since. */
  pending: boolean;
  /** Of each choice, how many votes. */
  counted: { rules: string[]; choices: Choice[]; votes: number[] }[] | null;
  fading: { rules: string[]; choice: Choice; slot: number; weight: number; squares: number }[] | null;
  ballots: { rules: string[]; sums: BallotSums }[] | null;
}

/**
 * What `readContest` counts for now, from tallies: the same to the last digit, but for ballots, which come as what they add up
 * to; a choice may come in parts. Where tallies don't stand, it is counted from votes. `now`: ms.
 */
export async function readTallies(database: DataSource, contest: Contest, now: number): Promise<Counted> {
  for (let tries = 0; tries < TRIES; tries++) {
    const counted = await database.transaction('REPEATABLE READ', (manager) => tallied(manager, contest, now));
    if (counted === 'stale') break;
    if (counted !== 'unjudged') return counted;
    await settleContests(database);
  }
  return readContest(database, contest, { asOf: null, now }, false);
}

async function tallied(manager: EntityManager, contest: Contest, now: number): Promise<Counted | 'stale' | 'unjudged'> {
  const { id, mode, halfLifeSeconds, change } = contest;
  const halfLife = mode === 'trending' ? halfLifeSeconds : null;
  const time = slotOf(now, halfLifeSeconds);
  const asked = [id, change, halfLife, time.slot - FADED_HALF_LIVES];
  const [tallies] = await manager.query<Tallies[]>(talliesSql, asked);
  if (!tallies.sound) return 'stale';
  if (tallies.pending && (await isUnjudged(manager, contest, Number(tallies.judged)))) return 'unjudged';
  const entries = await manager.query<StandingEntry[]>(standingEntriesSql, [id, lastMoment(contest, null)]);
  return { entries, votes: votesOf(contest, tallies, now) };
}

/** Whether alerts changed that speak, or spoke, against votes of the contest. */
async function isUnjudged(manager: EntityManager, { id }: Contest, from: number): Promise<boolean> {
  const { changes, isAll } = await suspectChanges(manager, from, ALERTS_MAX);
  if (!isAll) return true;
  if (changes.length === 0) return false;
  const some = await suspectedVotes(manager, changes, { after: { contest: '', voter: '' }, votesMax: 1, contest: id });
  return some.length > 0;
}

function votesOf(contest: Contest, { counted, fading, ballots }: Tallies, now: number): JudgedChoice[] {
  const choices = new JudgedChoices(contest.discountingRules);
  const all = (counted ?? []).flatMap(({ rules, choices: made, votes }) =>
    made.map((choice, i) => ({ choice, rules, votes: votes[i] })),
  );
  const ranked = (ballots ?? []).map(({ rules, sums }): JudgedChoice => {
    const votes = sums.ballots;
    return { choice: { ballots: sums }, rules: choices.discountingOf(rules), votes, weight: votes, squares: votes };
  });
  if (contest.mode === 'trending') {
    for (const { rules, choice, votes } of all) choices.of(choice, rules).votes += votes;
    for (const { rules, choice, ...sums } of fading ?? []) choices.of(choice, rules).fade(sums);
    return [...choices.all(slotOf(now, contest.halfLifeSeconds)), ...ranked];
  }
  const standing = all.map(({ choice, rules, votes }): JudgedChoice => {
    return { choice, rules: choices.discountingOf(rules), votes, weight: votes, squares: votes };
  });
  return [...standing, ...ranked];
}
