import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Clock } from '#libs/clock';
import {
  type Belief,
  belief,
  bestPairs,
  choosePair,
  duelsOf,
  gainOf,
  isIn,
  type PairGain,
  pairKey,
} from '#libs/ranking';
import { type Contest, exposures, judgedPairs, lastExposure, readContest } from '#libs/storage';
import { CLOCK, DATABASE, Problem } from '../../../platform/src/index.js';
import { ContestDesk } from './contest-desk.js';
import { Kept } from './kept.js';
import { RoundDesk } from './round-desk.js';

/** For so long a voter who asks again is shown the same pair: nobody gets another by asking until it suits. */
const SAME_PAIR_MS = 600_000;

export interface Shown {
  entry: string;
  title: string | null;
  /** How many of its duels count. */
  votes: number;
  /** To how many it was shown. */
  exposures: number;
}

export interface ChosenPair {
  pair: [Shown, Shown];
  /** bits */
  gain: number;
  /** The event that says that it was shown. */
  exposure: { source: string; id: string; time: string };
}

/** What is known of a contest's pairs. */
interface Known {
  entries: Shown[];
  /** Of entries, by name. */
  index: ReadonlyMap<string, number>;
  belief: Belief;
  best: PairGain[];
}

/** The next pair for a voter: the one whose vote tells most, spread over those who ask at once; each that is shown becomes an event. */
@Injectable()
export class Pairs {
  static readonly contestsMax = 50;
  /** So many of the best pairs are ready; who has judged all of them has the rest looked through. */
  static readonly pairsMax = 1_000;

  /** Votes and what was shown change what is known little by little: it is counted once a second, not for everybody who asks. */
  static readonly restMs = 1_000;

  private readonly known = new Kept<Known>(Pairs.contestsMax, Pairs.restMs);

  constructor(
    @Inject(DATABASE) private readonly database: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ContestDesk) private readonly desk: ContestDesk,
    @Inject(RoundDesk) private readonly rounds: RoundDesk,
  ) {}

  /** Throws 409 problems where the contest is closed or not voted in by pairs, 404 where the voter has judged all. */
  async next(id: string, voter: string): Promise<ChosenPair> {
    const contest = await this.desk.openContest(id);
    if (contest.mode !== 'pairwise') {
      const detail = `Contest ${id} is voted in by ${contest.mode}: pairs are shown in contests of mode pairwise.`;
      throw new Problem(409, 'CONTEST_NOT_PAIRWISE', detail);
    }
    const known = await this.known.get(
      // With each step of its rounds at once.
      `${id} ${contest.change}`,
      () => this.rounds.version(contest),
      () => this.read(contest),
    );
    const keyOf = (one: string, other: string): number | null => {
      const [first, second] = [known.index.get(one), known.index.get(other)];
      return first === undefined || second === undefined ? null : pairKey(first, second, known.entries.length);
    };
    const judged = await judgedPairs(this.database, id, voter);
    const done = new Set(judged.map(({ winner, loser }) => keyOf(winner, loser)));
    const last = await lastExposure(this.database, id, voter);
    if (last?.shown.length === 2 && this.clock.now() - last.at.getTime() < SAME_PAIR_MS) {
      const key = keyOf(last.shown[0], last.shown[1]);
      const exposure = { source: last.source, id: last.id, time: last.at.toISOString() };
      if (key !== null && !done.has(key)) return chosen(known, last.shown, exposure);
    }
    const pair = choose(known, voter, done);
    if (!pair) throw new Problem(404, 'PAIR_NONE', `There is no pair in contest ${id} that ${voter} has not judged.`);
    const shown = [known.entries[pair.first].entry, known.entries[pair.second].entry];
    return chosen(known, shown, await this.desk.write(id, 'exposure', { contest: id, voter, shown }));
  }

  private async read(contest: Contest): Promise<Known> {
    const stage = await this.rounds.stage(contest);
    const moment = { asOf: stage.frozenAt, now: this.clock.now() };
    const { entries: standing, votes } = await readContest(this.database, contest, moment, false);
    const entries = standing
      .filter(({ entry }) => isIn(stage, entry))
      .map(({ entry, title }): Shown => ({ entry, title, votes: 0, exposures: 0 }));
    const names = entries.map(({ entry }) => entry);
    const index = new Map(names.map((entry, i) => [entry, i]));
    const duels = duelsOf(
      names,
      votes.filter(({ rules }) => rules === null),
    );
    for (const { winner, loser, count } of duels) for (const i of [winner, loser]) entries[i].votes += count;
    const shownPairs = new Map<number, number>();
    for (const { shown, times } of await exposures(this.database, contest.id)) {
      const places = shown.flatMap((entry) => index.get(entry) ?? []);
      for (const i of places) entries[i].exposures += times;
      if (shown.length !== 2 || places.length !== 2 || places[0] === places[1]) continue;
      const key = pairKey(places[0], places[1], names.length);
      shownPairs.set(key, (shownPairs.get(key) ?? 0) + times);
    }
    const believed = belief(names.length, duels, shownPairs);
    return { entries, index, belief: believed, best: bestPairs(believed, Pairs.pairsMax) };
  }
}

function choose({ entries, belief, best }: Known, voter: string, done: ReadonlySet<number | null>): PairGain | null {
  const names = entries.map(({ entry }) => entry);
  const isDone = (key: number): boolean => done.has(key);
  const open = best.filter(({ first, second }) => !isDone(pairKey(first, second, names.length)));
  const isAll = best.length < Pairs.pairsMax;
  return choosePair(open.length > 0 || isAll ? open : bestPairs(belief, Pairs.pairsMax, isDone), voter, names);
}

function chosen(
  { entries, index, belief }: Known,
  shown: readonly string[],
  exposure: ChosenPair['exposure'],
): ChosenPair {
  const [one, other] = shown.map((entry) => index.get(entry)!);
  return { pair: [entries[one], entries[other]], gain: gainOf(belief, one, other), exposure };
}
