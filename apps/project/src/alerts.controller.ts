import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { topics } from '#libs/events';
import type { GroupPosition, RecordBatch } from '#libs/log';
import { type AlertRecord, applyAlerts } from '#libs/storage';
import type { StepResult } from '#libs/stream';
import { decodeAlert } from './decode-alert.js';
import { PROJECT, type ProjectPorts } from './ports.js';
import { PutAside, type Unreadable } from './put-aside.js';
import { Standing } from './standing.js';

/**
 * Alert events → computed.alert. While PostgreSQL is away a batch is tried again and again, and the log keeps the rest.
 */
@Controller()
export class AlertsController {
  private readonly standing: Standing;
  private readonly putAside: PutAside;

  constructor(@Inject(PROJECT) private readonly ports: ProjectPorts) {
    this.standing = new Standing('alerts', topics.alert, ports);
    this.putAside = new PutAside(ports);
  }

  @EventPattern<string>('project.alerts', { topics: [topics.alert], order: 'recorded', tickMs: 250, restMs: 10 })
  async project(@Payload() batches: readonly RecordBatch[]): Promise<StepResult> {
    const read = await Promise.all(batches.map((batch) => this.read(batch)));
    return this.standing.step(read, (progress) => applyAlerts(this.ports.database, progress));
  }

  private async read(batch: RecordBatch) {
    const records: AlertRecord[] = [];
    const unreadable = new Map<number, Unreadable>();
    for (let i = 0; i < batch.count; i++) {
      const decoded = decodeAlert(batch.value(i));
      if (decoded.kind === 'ok') records.push({ offset: batch.offset(i), alert: decoded.alert });
      else unreadable.set(i, decoded);
    }
    await this.putAside.add(batch, unreadable);
    return { partition: batch.partition, records, next: batch.nextOffset };
  }

  @EventPattern<string>('project.alerts/tick')
  tick(): Promise<StepResult | undefined> {
    return this.standing.tick();
  }

  @EventPattern<string>('project.alerts/assigned')
  assigned(@Payload() positions: readonly GroupPosition[]): Promise<number[]> {
    return this.standing.assigned(positions);
  }

  @EventPattern<string>('project.alerts/revoked')
  revoked(@Payload() partitions: readonly { partition: number }[]): void {
    this.standing.revoked(partitions);
  }
}
