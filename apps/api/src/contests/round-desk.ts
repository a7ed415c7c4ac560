import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { KeyedRequest } from '#libs/auth';
import type { Clock } from '#libs/clock';
import { isDue, isIn, type Judged, judge, type Narrowing, type Stage, stageAfter } from '#libs/ranking';
import {
  type Contest,
  castVotes,
  contestsVersion,
  type NewStep,
  pastVersions,
  readContest,
  type StepRequest,
  StepStore,
  type StoredStep,
  type Taken,
} from '#libs/storage';
import { CLOCK, DATABASE, Problem } from '../../../platform/src/index.js';
import { ContestDesk } from './contest-desk.js';
import { Kept } from './kept.js';
import type { RoundAction } from './round.js';

/** How often it is decided anew where others decide as well. */
const TRIES_MAX = 20;

/** Who asks for something to be done, which is done once for a `request`. */
export interface Asking {
  actor: string;
  request?: KeyedRequest;
}

/**
 * Where the narrowing of a contest stands. What people do is stored, with what became of each entry. A deadline takes effect when it passes, without
 * anybody: until somebody does something after it, what it did is computed from the votes up to it, which late ones are among; then it is stored
 * as well, since what people do rests on it.
 */
@Injectable()
export class RoundDesk {
  static readonly contestsMax = 200;
  static readonly deadlinesMax = 1_000;

  private readonly steps = new Kept<StoredStep[]>(RoundDesk.contestsMax);
  private readonly ends = new Kept<Judged[]>(RoundDesk.deadlinesMax);
  private readonly looks = new Kept<Judged[]>(RoundDesk.contestsMax);

  constructor(
    @Inject(DATABASE) private readonly database: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(StepStore) private readonly store: StepStore,
    @Inject(ContestDesk) private readonly desk: ContestDesk,
  ) {}

  /** Changes whenever steps, or what a round would come to, may have. */
  async version({ narrowing, change }: Contest): Promise<string> {
    const now = this.clock.now();
    const passed = (narrowing?.deadlines ?? []).filter((deadline) => deadline <= now).length;
    return `${await contestsVersion(this.database)} ${change} ${passed}`;
  }

  /** All that was done, the oldest first, with the deadlines that have passed. */
  stepsOf(contest: Contest): Promise<StoredStep[]> {
    return this.steps.get(
      contest.id,
      () => this.version(contest),
      async () => {
        const stored = await this.store.list(contest.id);
        return withNew(stored, await this.passed(contest, stored, this.clock.now()));
      },
    );
  }

  /** `before` (ms): as it was just before that moment, without what was undone since. */
  async stage(contest: Contest, before?: number): Promise<Stage> {
    return stageAfter(contest.narrowing ? await this.stepsOf(contest) : [], before);
  }

  /** What would become of each entry that is in if the round ended now. */
  look(contest: Contest): Promise<Judged[]> {
    const { narrowing } = contest;
    if (!narrowing) return Promise.resolve([]);
    return this.looks.get(
      contest.id,
      () => this.version(contest),
      async () => {
        const stage = await this.stage(contest);
        return this.judged(contest, narrowing, stage, stage.frozenAt);
      },
    );
  }

  /** Resolves to the step that was taken, or undone. Throws 409 problems where there is none to take. */
  async take(id: string, asked: RoundAction, { actor, request }: Asking): Promise<StoredStep> {
    // Who ends a round has seen votes that the log has.
    if (asked.action === 'advance') await this.desk.votesProjected();
    const asking = { contest: id, actor, request };
    const taken = await this.attempt(asking, (contest, stored, at) => this.decide(contest, asked, actor, stored, at));
    return taken!;
  }

  /**
   * Stores deadlines that have passed, so that another plan does not change what they did. Throws a 409 problem where rounds of
   * the present plan would mean something else under the next one.
   */
  async replan(id: string, next: Narrowing | null, actor: string): Promise<void> {
    await this.attempt({ contest: id, actor }, async ({ narrowing, ...contest }, stored, at) => {
      const add = await this.passed({ narrowing, ...contest }, stored, at);
      const isOther = narrowing?.method !== next?.method || narrowing?.confidence !== next?.confidence;
      if (isOther && withNew(stored, add).some(({ undoneAt }) => undoneAt === null)) {
        const detail = `Contest ${id} has rounds by the present method and confidence: undo them first.`;
        throw new Problem(409, 'NARROWING_BEGUN', detail);
      }
      return { add, undo: false };
    });
  }

  /** Decides by what is there, and again where that has changed meanwhile: no connection is held while votes are counted. */
  private async attempt(
    asking: StepRequest,
    decide: (contest: Contest, stored: readonly StoredStep[], at: number) => Promise<Taken>,
  ): Promise<StoredStep | null> {
    for (let tries = 1; ; tries++) {
      const contest = await this.desk.contest(asking.contest);
      const steps = await this.store.list(contest.id);
      const at = this.clock.now();
      // A refusal waits, too: the request may have been done meanwhile.
      const [decided] = await Promise.allSettled([decide(contest, steps, at)]);
      const outcome = (): Taken => {
        if (decided.status === 'rejected') throw decided.reason;
        return decided.value;
      };
      try {
        return await this.store.take(asking, { change: contest.change, steps }, at, outcome);
      } catch (error) {
        if ((error as { code?: string }).code !== 'CONTEST_CHANGED' || tries === TRIES_MAX) throw error;
      }
    }
  }

  private async decide(
    contest: Contest,
    { action, round }: RoundAction,
    actor: string,
    stored: readonly StoredStep[],
    at: number,
  ): Promise<Taken> {
    const { id, narrowing } = contest;
    if (!narrowing) {
      const detail = `Contest ${id} has no rounds: PATCH its narrowing, such as {"method": "halving"}.`;
      throw new Problem(409, 'NARROWING_NONE', detail);
    }
    const add = await this.passed(contest, stored, at);
    const steps = withNew(stored, add);
    const stage = stageAfter(steps);
    if (round !== undefined && round !== stage.round)
      throw new Problem(409, 'ROUND_CHANGED', `Contest ${id} is in round ${stage.round} by now: look at it again.`);
    if (action === 'undo') {
      if (steps.some(({ undoneAt }) => undoneAt === null)) return { add, undo: true };
      throw new Problem(409, 'ROUND_FIRST', `Nothing was done in contest ${id} that could be undone.`);
    }
    if (action === 'freeze' && stage.frozenAt !== null)
      throw new Problem(409, 'ROUND_FROZEN', `Round ${stage.round} of contest ${id} is frozen: advance, or undo that.`);
    const until = stage.frozenAt ?? at;
    const judged = action === 'freeze' ? [] : await this.judged(contest, narrowing, stage, until);
    if (action === 'advance' && judged.length < 2)
      throw new Problem(409, 'ROUND_LAST', `Fewer than two entries are in contest ${id}: there is nothing to narrow.`);
    const taken: NewStep = { round: stage.round, action, at: until, takenAt: at, actor, judged };
    return { add: [...add, taken], undo: false };
  }

  /** Deadlines that have passed since. One at which there were not two entries in has nothing to end. */
  private async passed(contest: Contest, stored: readonly StoredStep[], now: number): Promise<NewStep[]> {
    const { narrowing } = contest;
    const due = narrowing?.deadlines.filter((deadline) => isDue(deadline, stored, now)) ?? [];
    if (!narrowing || due.length === 0) return [];
    const added: NewStep[] = [];
    // What had happened by a deadline seldom changes: then it is not counted again.
    const versions = await pastVersions(this.database, contest, due);
    for (const [i, deadline] of due.entries()) {
      const stage = stageAfter(withNew(stored, added));
      const judged = await this.ends.get(
        `${contest.id} ${deadline}`,
        () => Promise.resolve(versions[i]),
        () => this.judged(contest, narrowing, stage, deadline),
      );
      if (judged.length < 2) continue;
      added.push({ round: stage.round, action: 'deadline', at: deadline, takenAt: deadline, actor: null, judged });
    }
    return added;
  }

  /** By the votes up to `asOf` (ms), null: all. */
  private async judged(contest: Contest, plan: Narrowing, stage: Stage, asOf: number | null): Promise<Judged[]> {
    const now = this.clock.now();
    const { entries: standing, votes } = await readContest(this.database, contest, { asOf, now }, false);
    const entries = standing.map(({ entry }) => entry).filter((entry) => isIn(stage, entry));
    const counted = votes.filter(({ rules }) => rules === null);
    // After the live ones: so those are among them.
    const cast = plan.method === 'elimination' ? await castVotes(this.database, contest, asOf) : [];
    const changed = [...cast, ...votes.map((live) => ({ ...live, votes: -live.votes }))];
    return judge(plan, contest.mode, { field: [...(stage.field ?? entries)], entries, counted, changed });
  }
}

/** New steps as they will be kept. */
function withNew(stored: readonly StoredStep[], added: readonly NewStep[]): StoredStep[] {
  const first = (stored.at(-1)?.step ?? 0) + 1;
  return [...stored, ...added.map((one, i) => ({ ...one, step: first + i, undoneAt: null, undoneBy: null }))];
}
