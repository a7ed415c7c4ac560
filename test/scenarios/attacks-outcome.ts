import { attackedContest, manners } from './attacks.js';
import { planOf } from './detect.js';
import { discounted, inputOf, liveVotes, suspicions, Tally } from './fair-count.js';
import { shippedRules } from './shipped.js';

/** The rules over votes that ship. */
const votePlan = planOf(shippedRules.filter(({ file }) => file.startsWith('rules/votes/')));

/** How a ring fared that comes upon the honest voters alone. */
export interface Outcome {
  accounts: number;
  /** Of the accounts' votes. */
  discounted: number;
  /** Whether an alert is about one of its votes, or says that its entry has too many. */
  isSeen: boolean;
  /** Place on the board of the entry that the ring is about: without it, with it, and discounted. */
  place: { honest: number; raw: number; fair: number };
  /** Whether the honest winner wins. */
  wins: Wins;
}

export interface Wins {
  raw: boolean;
  fair: boolean;
}

export interface Contested {
  honest: { votes: number; discounted: number; why: Record<string, number> };
  /** By manner. */
  rings: Map<string, Outcome>;
}

/**
 * One contest with a ring of every manner. Rings share no voter, address or entry (but one is against the leader, which no other is
 * about), and rules count by these: so each can be looked at as if it had come alone. The honest votes that are discounted because of any of
 * them are so for each.
 */
export function contested(seed: number, honestVoters?: number): Contested {
  const votes = attackedContest(seed, honestVoters);
  const live = liveVotes(votes);
  const alerts = suspicions(
    votePlan,
    votes.map((cast, i) => inputOf(cast, i)),
  );
  const why = discounted(live, alerts);
  const counting = (all: typeof live) => all.filter(({ voter }) => !why.has(voter));
  const byManner = Map.groupBy(live, ({ manner }) => manner);
  const honest = byManner.get(null)!;
  const [raw, fair] = [new Tally(honest), new Tally(counting(honest))];
  const unattacked = raw.board();
  const rings = Object.keys(manners).map((manner): [string, Outcome] => {
    const ring = byManner.get(manner)!;
    const [{ entry }] = ring;
    const counted = counting(ring);
    const boards = { raw: raw.with(new Tally(ring)).board(), fair: fair.with(new Tally(counted)).board() };
    const isSpike = alerts.some(({ rule, group }) => rule === 'vote-spike' && group.entry === entry);
    const place = (board: readonly string[]) => 1 + board.indexOf(entry);
    return [
      manner,
      {
        accounts: ring.length,
        discounted: ring.length - counted.length,
        isSeen: isSpike || counted.length < ring.length,
        place: { honest: place(unattacked), raw: place(boards.raw), fair: place(boards.fair) },
        wins: { raw: boards.raw[0] === unattacked[0], fair: boards.fair[0] === unattacked[0] },
      },
    ];
  });
  const byRule: Record<string, number> = {};
  for (const { voter } of honest) for (const rule of why.get(voter) ?? []) byRule[rule] = (byRule[rule] ?? 0) + 1;
  const lost = honest.length - counting(honest).length;
  return { honest: { votes: honest.length, discounted: lost, why: byRule }, rings: new Map(rings) };
}
