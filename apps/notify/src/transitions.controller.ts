import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { topics } from '#libs/events';
import type { GroupPosition, RecordBatch } from '#libs/log';
import {
  type AlertRecord,
  applyTransitions,
  claimPositions,
  movePositions,
  type Progress,
  type ProjectionPosition,
  type TransitionRecord,
} from '#libs/storage';
import type { StepResult } from '#libs/stream';
import { decodeAlert } from '../../project/src/index.js';
import { Courier } from './courier.js';
import { NOTIFY, type NotifyPorts } from './ports.js';

const projection = 'notify';
/** Its position is where the log ended when notifications began: what came before is known and not told. */
const beginning = 'notify.beginning';

/**
 * Alert events → the outbox. As with alerts, the position that counts is the one in PostgreSQL, which moves in the
 * transaction that puts what there is to tell; here that waits for the disk. Records that can't be read are put aside by
 * the projection of alerts, which reads the same topic.
 */
@Controller()
export class TransitionsController {
  /** By partition: the first offset that was not followed yet. */
  private readonly reached = new Map<number, number>();
  private readonly quietBefore = new Map<number, number>();

  constructor(
    @Inject(NOTIFY) private readonly ports: NotifyPorts,
    @Inject(Courier) private readonly courier: Courier,
  ) {}

  @EventPattern<string>('notify', { topics: [topics.alert], order: 'recorded', restMs: 50 })
  async follow(@Payload() batches: readonly RecordBatch[]): Promise<StepResult | undefined> {
    const read = batches.map((batch) => this.read(batch));
    const put = await applyTransitions(this.ports.database, {
      read,
      heldBack: await this.heldBack(read.flatMap(({ records }) => records).filter(({ isQuiet }) => !isQuiet)),
      now: this.ports.clock.now(),
    });
    if (put === null) return { commits: [], seeks: await this.standing(read.map(({ reached }) => reached)) };
    for (const { reached, next } of read) this.reached.set(reached.partition, next);
    for (const { target, transition } of put) {
      this.ports.metrics.weir_notify_transitions_total.inc({ target, transition });
    }
    if (put.length > 0) this.courier.wake();
    return undefined;
  }

  private read(batch: RecordBatch): Progress<TransitionRecord> {
    const { topic, partition, nextOffset } = batch;
    const quietBefore = this.quietBefore.get(partition)!;
    const records: TransitionRecord[] = [];
    for (let i = 0; i < batch.count; i++) {
      const decoded = decodeAlert(batch.value(i));
      const offset = batch.offset(i);
      if (decoded.kind === 'ok') records.push({ offset, alert: decoded.alert, isQuiet: offset < quietBefore });
    }
    const reached = { projection, topic, partition, offset: this.reached.get(partition)! };
    return { reached, records, next: nextOffset };
  }

  @EventPattern<string>('notify/assigned')
  async assigned(@Payload() positions: readonly GroupPosition[]): Promise<number[]> {
    const { partitions } = await this.ports.log.describe(topics.alert);
    const at = (name: string, offset: (partition: number) => number): ProjectionPosition[] =>
      positions.map(({ topic, partition }) => ({ projection: name, topic, partition, offset: offset(partition) }));
    const ends = at(beginning, (partition) => partitions[partition].next);
    const starts = at(projection, (partition) => partitions[partition].earliest);
    const quiet = await claimPositions(this.ports.database, ends);
    const stands = await claimPositions(this.ports.database, starts);
    // Looked up behind the positions: whoever had a partition before us may have moved on meanwhile.
    const now = (await this.ports.log.describe(topics.alert)).partitions;
    for (const [i, start] of starts.entries()) {
      if (stands[i] > now[start.partition].next) {
        const facts = { topic: start.topic, partition: start.partition, stored: stands[i] };
        this.ports.logger.error(
          facts,
          'Notifications are ahead of the log, which was replaced: it is read from its start',
        );
        for (const name of [projection, beginning]) {
          await movePositions(this.ports.database.manager, [{ ...start, projection: name }]);
        }
        [stands[i], quiet[i]] = [start.offset, start.offset];
      }
      this.reached.set(start.partition, stands[i]);
      this.quietBefore.set(start.partition, quiet[i]);
    }
    return stands;
  }

  /** Somebody else has read on from there, or the answer to a commit of ours was lost. */
  private async standing(reached: readonly ProjectionPosition[]): Promise<ProjectionPosition[]> {
    const offsets = await claimPositions(this.ports.database, reached);
    return reached.map((position, i) => {
      this.reached.set(position.partition, offsets[i]);
      return { ...position, offset: offsets[i] };
    });
  }

  /** Asked once for each alert, of its newest revision. */
  private async heldBack(records: readonly AlertRecord[]): Promise<Map<string, string | null>> {
    const newest = new Map(records.map(({ alert }) => [alert.id, alert]));
    const asked = [...newest.values()].map(async (alert) => [alert.id, await this.ports.isHeldBack(alert)] as const);
    return new Map(await Promise.all(asked));
  }
}
