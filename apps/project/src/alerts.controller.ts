import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { type DeadLetter, topics } from '#libs/events';
import type { GroupPosition, LogRecord, RecordBatch } from '#libs/log';
import { type AlertRecord, applyAlerts, claimPositions, movePosition } from '#libs/storage';
import { decodeAlert } from './decode-alert.js';
import { PROJECT, type ProjectPorts } from './ports.js';

const projection = 'alerts';

/**
 * Alert events → computed.alert. The position that counts is the one in PostgreSQL, which moves in the transaction
 * that writes the alerts; what the log's group knows is for showing lag. While PostgreSQL is away a batch is tried
 * again and again, and the log keeps the rest.
 */
@Controller()
export class AlertsController {
  /** By partition: the first offset not yet in the tables. */
  private readonly reached = new Map<number, number>();
  /** By partition: unreadable records before this offset were put aside by us already. */
  private readonly putAside = new Map<number, number>();

  constructor(@Inject(PROJECT) private readonly ports: ProjectPorts) {}

  @EventPattern<string>('project.alerts', { topics: [topics.alert] })
  async project(@Payload() batch: RecordBatch): Promise<void> {
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
    this.putAside.set(partition, nextOffset);
    const reached = { projection, topic, partition, offset: this.reached.get(partition)! };
    await applyAlerts(this.ports.database, reached, records, nextOffset);
    this.reached.set(partition, nextOffset);
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
    const stored = await claimPositions(this.ports.database, starts);
    // Looked up behind the positions: whoever had a partition before us may have moved on meanwhile.
    const ends = (await this.ports.log.describe(topics.alert)).partitions;
    for (const [i, start] of starts.entries()) {
      const { topic, partition } = start;
      const { next } = ends[partition];
      if (stored[i] > next) {
        const facts = { topic, partition, stored: stored[i], next };
        this.ports.logger.error(
          facts,
          'The database is ahead of the log, which was replaced: it is read from its start',
        );
        await movePosition(this.ports.database.manager, start);
        stored[i] = start.offset;
      }
      this.reached.set(partition, stored[i]);
    }
    return stored;
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
