import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Clock } from '#libs/clock';
import type { Log } from '#libs/log';
import { type Contest, ContestStore, liveVote, votesReached } from '#libs/storage';
import { CLOCK, DATABASE, LOG, Problem } from '../../../platform/src/index.js';
import { unknownThing } from '../http/problems.js';
import { type Written, writeEvent } from '../http/write-event.js';

/** How long to wait for votes to be projected. */
const WAIT_MS = 5_000;

/** Entries and votes that come by request: each becomes an event on the log, which all else follows from. */
@Injectable()
export class ContestDesk {
  /** So that of two events in one millisecond the second comes second. */
  private written = 0;

  constructor(
    @Inject(LOG) private readonly log: Log,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(DATABASE) private readonly database: DataSource,
    @Inject(ContestStore) private readonly store: ContestStore,
  ) {}

  async contest(id: string): Promise<Contest> {
    const contest = await this.store.find(id);
    if (!contest) throw unknownThing('contest', id, '/api/v1/contests');
    return contest;
  }

  async openContest(id: string): Promise<Contest> {
    const contest = await this.contest(id);
    if (contest.closedAt === null) return contest;
    throw new Problem(409, 'CONTEST_CLOSED', `Contest ${id} is closed: nothing counts in it any more.`);
  }

  /** Resolves when the log has it. Throws a 422 problem where it is no event of that type. */
  async write(contest: string, type: string, data: Readonly<Record<string, unknown>>): Promise<Written> {
    const id = `${String(this.written++).padStart(12, '0')}-${randomUUID()}`;
    const source = `/api/v1/contests/${encodeURIComponent(contest)}`;
    const time = new Date(this.clock.now()).toISOString();
    return writeEvent(this.log, { source, id, time }, type, data);
  }

  /** Takes the voter's vote back. Throws a 404 problem where there is none. */
  async withdraw(contest: string, voter: string): Promise<void> {
    // Among them may be the one that is taken back.
    await this.votesProjected();
    const ref = await liveVote(this.database, contest, voter);
    if (!ref) throw new Problem(404, 'VOTE_UNKNOWN', `${voter} has no vote in contest ${contest}.`);
    await this.write(contest, 'retract', { actor: voter, ref });
  }

  /** Waits until votes are projected that the log has now. Throws a 503 problem where that takes too long. */
  async votesProjected(): Promise<void> {
    const { partitions } = await this.log.describe('vote');
    const waited = partitions.filter(({ next, earliest }) => next > earliest);
    const until = performance.now() + WAIT_MS;
    do {
      const reached = await votesReached(this.database);
      if (waited.every(({ partition, next }) => (reached.get(partition) ?? 0) >= next)) return;
      await delay(20);
    } while (performance.now() < until);
    const detail = `Votes that came before are not counted yet, after ${WAIT_MS / 1000} s: try again later.`;
    throw new Problem(503, 'CONTESTS_BEHIND', detail, {}, { 'retry-after': '5' });
  }
}
