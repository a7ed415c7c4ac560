import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { type DeadLetter, topics } from '#libs/events';
import type { GroupPosition, LogRecord, RecordBatch } from '#libs/log';
import { type AlertRecord, applyAlerts, claimPositions, movePosition, type ProjectionPosition } from '#libs/storage';
import type { StepResult } from '#libs/stream';
import { decodeAlert } from './decode-alert.js';
import { PROJECT, type ProjectPorts } from './ports.js';

const projection = 'alerts';

/**
 * Alert events → computed.alert. The position that counts is the one in PostgreSQL, which moves in the transaction
 * that writes the alerts. While PostgreSQL is away a batch is tried again and again, and the log keeps the rest.
 *
 * Those transactions do not wait for the disk, so that an alert is seen that much sooner; a PostgreSQL that crashes
 * forgets the last of them, position and all. Every tick therefore has it say, durably, where it stands: that is
 * committed to the group, and where it stands before what was reached, the log is read from there again.
 */
@Controller()
export class AlertsController {
  /** By partition that is ours: where it starts that was never read. */
  private readonly starts = new Map<number, ProjectionPosition>();
  /** By partition: the first offset not yet in the tables. */
  private readonly reached = new Map<number, number>();
  /** By partition: unreadable records before this offset were put aside by us already. */
  private readonly putAside = new Map<number, number>();
  /** Something was written since PostgreSQL said where it stands. */
  private unconfirmed = false;

  constructor(@Inject(PROJECT) private readonly ports: ProjectPorts) {}

  @EventPattern<string>('project.alerts', { topics: [topics.alert], tickMs: 250 })
  async project(@Payload() batch: RecordBatch): Promise<StepResult> {
    const { topic, partition, nextOffset } = batch;
    const records: AlertRecord[] = [];
    const unreadable: LogRecord[] = [];
    for (let i = 0; i < batch.count; i++) {
      const decoded = decodeAlert(batch.value(i));
      if (decoded.kind === 'ok') records.push({ offset: batch.offset(i), alert: decoded.alert });
      else if (batch.offset(i) >= (this.putAside.get(partition) ?? 0)) {
        unreadable.push(this.deadLetter(batch, i, decoded));
      }
    }
    // Before the position moves past them: a crash in between puts them aside twice rather than never.
    if (unreadable.length > 0) await this.ports.log.append(topics.deadLetters, unreadable);
    this.putAside.set(partition, Math.max(nextOffset, this.putAside.get(partition) ?? 0));
    const reached = { projection, topic, partition, offset: this.reached.get(partition)! };
    this.unconfirmed = true;
    if (!(await applyAlerts(this.ports.database, reached, records, nextOffset))) return this.confirm(partition);
    this.reached.set(partition, nextOffset);
    return { commits: [] };
  }

  @EventPattern<string>('project.alerts/tick')
  async tick(): Promise<StepResult | undefined> {
    return this.unconfirmed ? this.confirm() : undefined;
  }

  /** Commits where PostgreSQL stands, and reads on from there in partitions where it had been further, or may have been. */
  private async confirm(suspect?: number): Promise<StepResult> {
    const stands = await this.claim([...this.starts.values()]);
    const lost = stands.filter(
      ({ partition, offset }) => offset < this.reached.get(partition)! || partition === suspect,
    );
    for (const { topic, partition, offset } of lost) {
      const facts = { topic, partition, offset, reached: this.reached.get(partition) };
      this.ports.logger.warn(facts, 'PostgreSQL forgot the latest alerts, as after a crash: they are read again');
      this.reached.set(partition, offset);
    }
    this.unconfirmed = false;
    return { commits: stands, seeks: lost };
  }

  private async claim(starts: readonly ProjectionPosition[]): Promise<ProjectionPosition[]> {
    const stored = await claimPositions(this.ports.database, starts);
    return starts.map((start, i) => ({ ...start, offset: stored[i] }));
  }

  /**
   * Starts where PostgreSQL stands; a new database reads everything that there is. So does one that was filled from
   * another log: what stands at its position now, and before it, was never projected.
   */
  @EventPattern<string>('project.alerts/assigned')
  async assigned(@Payload() positions: readonly GroupPosition[]): Promise<number[]> {
    const { partitions } = await this.ports.log.describe(topics.alert);
    const starts = positions.map(({ topic, partition }) => ({
      projection,
      topic,
      partition,
      offset: partitions[partition].earliest,
    }));
    const stands = await this.claim(starts);
    // Looked up behind the positions: whoever had a partition before us may have moved on meanwhile.
    const ends = (await this.ports.log.describe(topics.alert)).partitions;
    for (const [i, start] of starts.entries()) {
      const { topic, partition } = start;
      const { next } = ends[partition];
      if (stands[i].offset > next) {
        const facts = { topic, partition, stored: stands[i].offset, next };
        this.ports.logger.error(
          facts,
          'The database is ahead of the log, which was replaced: it is read from its start',
        );
        await movePosition(this.ports.database.manager, start);
        stands[i] = start;
      }
      this.starts.set(partition, start);
      this.reached.set(partition, stands[i].offset);
    }
    this.unconfirmed = true;
    return stands.map(({ offset }) => offset);
  }

  @EventPattern<string>('project.alerts/revoked')
  revoked(@Payload() partitions: readonly { partition: number }[]): void {
    for (const { partition } of partitions) this.starts.delete(partition);
  }

  private deadLetter(
    batch: RecordBatch,
    i: number,
    { code, field, reason }: { code: string; field: string; reason: string },
  ): LogRecord {
    this.ports.metrics.weir_dead_letters_total.inc({ reason: code });
    const time = this.ports.clock.now();
    const letter: DeadLetter = {
      reason,
      code,
      field,
      origin: { topic: batch.topic, partition: batch.partition, offset: batch.offset(i) },
      receivedAt: new Date(time).toISOString(),
      bytes: batch.value(i).toString('base64'),
    };
    return { time, value: Buffer.from(JSON.stringify(letter)) };
  }
}
