import { createHash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { addBallots, type BallotSums, type Choice, essenceOf, heft, indexOf, noBallots, slotOf } from '#libs/ranking';
import type { Send } from '../database/pipelined.js';
import { addFadingSql } from './add-fading.sql.js';
import { addTalliesSql } from './add-tallies.sql.js';
import type { ContestState } from './contest-states.js';
import { lockBallotsSql } from './lock-ballots.sql.js';
import { putBallotsSql } from './put-ballots.sql.js';
import { standingEntriesSql } from './standing-entries.sql.js';

/** Equal votes of a contest, discounted for the same rules. */
interface Group {
  contest: ContestState;
  rules: readonly string[];
  choice: Choice;
  votes: number;
  /** By half-life, as the contest has them, and slot. */
  fading: Map<number, { weight: number; squares: number }>[];
}

interface BallotGroup {
  contest: ContestState;
  rules: readonly string[];
  ballots: { ranking: readonly string[]; votes: number }[];
}

/** Votes that come to count, or to count no more, or for other rules: gathered, and then added to the tallies at once. */
export class TallyChanges {
  private readonly groups = new Map<string, Group>();
  private readonly ballots = new Map<string, BallotGroup>();

  /** `votes`: 1, or -1 where the vote goes. */
  add(contest: ContestState, { voter, choice, at, rules: given }: JudgedVote, votes: 1 | -1): void {
    if (!contest.hasTallied(voter)) return;
    const rules = given ?? [];
    const name = rules.length === 0 ? contest.id : [contest.id, ...rules].join('\0');
    if ('ranking' in choice) {
      const group = this.ballots.get(name) ?? { contest, rules, ballots: [] };
      this.ballots.set(name, group);
      group.ballots.push({ ranking: choice.ranking, votes });
      return;
    }
    const isAbout =
      'entry' in choice ? `${Math.sign(choice.value)}${choice.entry}` : `${choice.winner}\0${choice.loser}`;
    const key = `${name}\0\0${isAbout}`;
    let group = this.groups.get(key);
    if (!group) {
      const fading = contest.halfLives.map(() => new Map<number, { weight: number; squares: number }>());
      group = { contest, rules, choice: essenceOf(choice), votes: 0, fading };
      this.groups.set(key, group);
    }
    group.votes += votes;
    if ('entry' in choice && choice.value !== 0) fade(group, at, votes);
  }

  /** In the caller's transaction, which holds the lock of contests. */
  async write(manager: EntityManager, send: Send): Promise<void> {
    const groups = [...this.groups.values()].map((group) => ({ ...group, row: rowOf(group) }));
    const counted = groups.filter(({ votes }) => votes !== 0).map(({ row, votes }) => ({ ...row, votes }));
    if (counted.length > 0) send(addTalliesSql, [JSON.stringify(counted)]);
    const fading = groups.flatMap(({ contest, row, fading: all }) =>
      all.flatMap((slots, i) =>
        [...slots].map(([slot, sums]) => ({ ...row, halfLife: contest.halfLives[i], slot, ...sums })),
      ),
    );
    const changed = fading.filter(({ weight, squares }) => weight !== 0 || squares !== 0);
    if (changed.length > 0) send(addFadingSql, [JSON.stringify(changed)]);
    const ballots = Map.groupBy(this.ballots.values(), ({ contest }) => contest);
    if (ballots.size > 0) send(lockBallotsSql, [[...ballots.keys()].map(({ id }) => id)]);
    for (const [contest, some] of ballots) await writeBallots(manager, contest, some, send);
  }
}

function fade({ contest: { halfLives }, fading }: Group, at: number, votes: number): void {
  for (let i = 0; i < halfLives.length; i++) {
    const { slot, step } = slotOf(at, halfLives[i]);
    const { weight, squares } = heft(step);
    const known = fading[i].get(slot);
    if (known) {
      known.weight += votes * weight;
      known.squares += votes * squares;
    } else fading[i].set(slot, { weight: votes * weight, squares: votes * squares });
  }
}

/** A vote, with the names of the rules that it is discounted for; null or none: it counts. */
export interface JudgedVote {
  voter: string;
  choice: Choice;
  /** ms */
  at: number;
  rules: readonly string[] | null;
}

const digest = (...named: unknown[]): string => createHash('sha256').update(JSON.stringify(named)).digest('hex');

function rowOf({ contest, rules, choice }: Group) {
  return { contest: contest.id, key: digest(rules, choice), rules, choice: JSON.stringify(choice) };
}

async function writeBallots(
  manager: EntityManager,
  contest: ContestState,
  groups: readonly BallotGroup[],
  send: Send,
): Promise<void> {
  const [entries, stored] = await Promise.all([
    manager.query<{ entry: string }[]>(standingEntriesSql, [contest.id, contest.untilText]),
    manager.query<{ key: string; sums: BallotSums }[]>(
      `SELECT encode(key, 'hex') AS key, sums FROM computed.contest_ballots WHERE contest = $1`,
      [contest.id],
    ),
  ]);
  const known = new Map(stored.map(({ key, sums }) => [key, sums]));
  const rows = groups.map(({ rules, ballots }) => {
    const key = digest(rules);
    const sums = known.get(key) ?? noBallots(entries.map(({ entry }) => entry));
    const index = indexOf(sums.entries);
    for (const { ranking, votes } of ballots) addBallots(sums, index, ranking, votes);
    return { contest: contest.id, key, rules, sums: JSON.stringify(sums) };
  });
  send(putBallotsSql, [JSON.stringify(rows)]);
}
