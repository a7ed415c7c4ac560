import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { GroupPosition, RecordBatch } from '#libs/log';
import { applyContests, settleContests } from '#libs/storage';
import type { StepResult } from '#libs/stream';
import { decodeContest } from './decode-contest.js';
import { PROJECT, type ProjectPorts } from './ports.js';
import { Standings } from './standings.js';

const contestTopics = ['vote', 'contest.entry', 'retract', 'exposure'];

/**
 * Votes, entries, what was taken back and what was shown → computed.contest_vote, contest_entry, retraction and exposure; and tallies
 * of votes, which also follow what alerts say of them.
 */
@Controller()
export class ContestsController {
  private readonly standings: Standings;

  constructor(@Inject(PROJECT) private readonly ports: ProjectPorts) {
    this.standings = new Standings('contests', contestTopics, ports);
  }

  @EventPattern<string>('project.contests', { topics: contestTopics, tickMs: 250 })
  project(@Payload() batch: RecordBatch): Promise<StepResult> {
    return this.standings.step(batch, decodeContest, (progress) => applyContests(this.ports.database, progress));
  }

  @EventPattern<string>('project.contests/tick')
  async tick(): Promise<StepResult | undefined> {
    await settleContests(this.ports.database);
    return this.standings.tick();
  }

  @EventPattern<string>('project.contests/assigned')
  assigned(@Payload() positions: readonly GroupPosition[]): Promise<number[]> {
    return this.standings.assigned(positions);
  }

  @EventPattern<string>('project.contests/revoked')
  revoked(@Payload() partitions: readonly { topic: string; partition: number }[]): void {
    this.standings.revoked(partitions);
  }
}
