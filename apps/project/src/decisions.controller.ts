import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { topics } from '#libs/events';
import type { GroupPosition, RecordBatch } from '#libs/log';
import { applyDecisions, closeBites, forgetBouncers, type GuardBite, type RecordedAlert } from '#libs/storage';
import type { StepResult } from '#libs/stream';
import { decodeAlert } from './decode-alert.js';
import { guardAlert } from './guard-alert.js';
import { PROJECT, type ProjectPorts } from './ports.js';
import { Standing } from './standing.js';

/** A minute's alert of the guard stays open for so long after the minute began. */
const BITE_MS = 120_000;
/** How often bouncers are forgotten that ask no more. */
const FORGET_MS = 600_000;

/**
 * Alert events → computed.decision, and which alerts silences held back: see libs/storage/decisions. What can't be read is
 * put aside by the projection of alerts. It has read to the end and reads on: what the guard refuses is an alert, too.
 */
@Controller()
export class DecisionsController {
  private readonly standing: Standing;
  private closedAt = 0;
  private forgotAt = 0;

  constructor(@Inject(PROJECT) private readonly ports: ProjectPorts) {
    this.standing = new Standing('decisions', topics.alert, ports);
  }

  @EventPattern<string>('project.decisions', { topics: [topics.alert], order: 'recorded', tickMs: 250, restMs: 50 })
  async project(@Payload() batches: readonly RecordBatch[]): Promise<StepResult> {
    const { database, guard } = this.ports;
    const options = { ...guard, bitten: (bites: readonly GuardBite[]) => this.tell(bites, false) };
    return this.standing.step(batches.map(recordsOf), (progress) => applyDecisions(database, progress, options));
  }

  @EventPattern<string>('project.decisions/tick')
  async tick(): Promise<StepResult | undefined> {
    const { clock, database } = this.ports;
    const now = clock.now();
    if (Math.abs(now - this.closedAt) >= 1_000) {
      await closeBites(database, now - BITE_MS, (bites) => this.tell(bites, true));
      this.closedAt = now;
    }
    if (Math.abs(now - this.forgotAt) >= FORGET_MS) {
      await forgetBouncers(database, now);
      this.forgotAt = now;
    }
    return this.standing.tick();
  }

  @EventPattern<string>('project.decisions/assigned')
  assigned(@Payload() positions: readonly GroupPosition[]): Promise<number[]> {
    return this.standing.assigned(positions);
  }

  @EventPattern<string>('project.decisions/revoked')
  revoked(@Payload() partitions: readonly { partition: number }[]): void {
    this.standing.revoked(partitions);
  }

  private async tell(bites: readonly GuardBite[], isClosed: boolean): Promise<void> {
    await this.ports.log.append(
      topics.alert,
      bites.map((bite) => guardAlert(bite, isClosed)),
    );
    if (isClosed) return;
    for (const { ruleName, reason, refused } of bites)
      this.ports.logger.warn({ rule: ruleName, reason, refused }, 'The guard refused decisions of a rule');
  }
}

function recordsOf(batch: RecordBatch) {
  const records: RecordedAlert[] = [];
  for (let i = 0; i < batch.count; i++) {
    const decoded = decodeAlert(batch.value(i));
    if (decoded.kind === 'ok')
      records.push({ offset: batch.offset(i), recordedAt: batch.recordedAt(i), alert: decoded.alert });
  }
  return { partition: batch.partition, records, next: batch.nextOffset };
}
