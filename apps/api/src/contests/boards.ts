import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Clock } from '#libs/clock';
import { isIn } from '#libs/ranking';
import type { Contest } from '#libs/storage';
import { CLOCK, DATABASE } from '../../../platform/src/index.js';
import { type Board, readBoard } from './board.js';
import { Kept } from './kept.js';
import { RoundDesk } from './round-desk.js';

/**
 * Boards of now, each read once for all who ask, until something was projected or decided since; and one reading at a time, as
 * many as there are who wait. Votes of a trending contest fade without that: its board is kept for a second.
 */
@Injectable()
export class Boards {
  static readonly boardsMax = 200;
  static readonly fadingMs = 1_000;

  private readonly kept = new Kept<Board>(Boards.boardsMax);

  constructor(
    @Inject(DATABASE) private readonly database: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RoundDesk) private readonly rounds: RoundDesk,
  ) {}

  now(contest: Contest, method?: string): Promise<Board> {
    return this.kept.get(
      `${contest.id} ${method}`,
      () => this.version(contest),
      () => this.readOf(contest, null, this.clock.now(), method),
      contest.mode === 'trending' ? Boards.fadingMs : undefined,
    );
  }

  /** Changes whenever a board may have. */
  version(contest: Contest): Promise<string> {
    return this.rounds.version(contest);
  }

  past(contest: Contest, asOf: number, method?: string): Promise<Board> {
    return this.readOf(contest, asOf, asOf, method);
  }

  /** Of the entries that were in; while a round is frozen, by the votes up to then. */
  private async readOf(contest: Contest, asOf: number | null, now: number, method?: string): Promise<Board> {
    const stage = await this.rounds.stage(contest, asOf ?? undefined);
    const until = stage.frozenAt === null ? asOf : Math.min(asOf ?? Infinity, stage.frozenAt);
    return readBoard(this.database, contest, { asOf: until, now }, method, (entry) => isIn(stage, entry));
  }
}
