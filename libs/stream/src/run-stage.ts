import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, Log, RecordBatch } from '#libs/log';
import { cutToRecordedOrder } from './recorded-order.js';
import type { Stage, StepResult } from './stage.js';

const retryMinMs = 100;
const retryMaxMs = 10_000;

export interface RunStageOptions {
  log: Log;
  stage: Stage;
  /** A step, a tick or a commit failed; it is tried again. */
  failed(error: unknown, where: { stage: string; topic?: string; partition?: number; retryMs: number }): void;
}

interface Position {
  topic: string;
  partition: number;
  offset: number;
  metadata?: string;
}

const endOf = ({ topic, partition, columns }: RecordBatch): Position => ({
  topic,
  partition,
  offset: columns.nextOffset,
});

/**
 * Runs one stage: poll → step → append what it wants → commit. Commits go out behind the steps, newest position
 * first: after a crash a few batches are stepped again, which every stage must bear anyway.
 */
export class RunningStage {
  private consumer!: Consumer;
  private loop!: Promise<void>;
  private ticking: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();
  private readonly stopped = new AbortController();
  private readonly retryMs = new Map<string, number>();
  private readonly resumes = new Set<NodeJS.Timeout>();
  private readonly uncommitted = new Map<string, Position>();
  private readonly committed = new Map<string, number>();
  private committing: Promise<void> | undefined;

  constructor(private readonly options: RunStageOptions) {}

  /** Resolves once the group is joined. */
  async start(): Promise<this> {
    const { log, stage } = this.options;
    this.consumer = await log.consume(stage.group, stage.topics, {
      bytesMax: stage.batchBytesMax,
      assigned: async (positions) => {
        for (const { topic, partition, offset } of positions) this.committed.set(`${topic}/${partition}`, offset);
        return stage.assigned?.(positions);
      },
      revoked: async (partitions) => {
        await this.flushCommits();
        await stage.revoked?.(partitions);
      },
    });
    this.loop = this.run();
    if (stage.tick) this.scheduleTick();
    return this;
  }

  /** Finishes the step under way, commits, leaves the group. */
  async stop(): Promise<void> {
    this.stopped.abort();
    clearTimeout(this.ticking);
    for (const timer of this.resumes) clearTimeout(timer);
    await this.turn;
    await this.consumer.close();
    await this.loop;
  }

  private get stopping(): boolean {
    return this.stopped.signal.aborted;
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      let batches: readonly RecordBatch[] | null;
      try {
        batches = await this.consumer.poll();
      } catch (error) {
        // The log itself cannot be read there (damage, retention): that partition stays paused, and says so.
        this.options.failed(error, { stage: this.options.stage.group, retryMs: 0 });
        continue;
      }
      if (batches === null) return;
      for (const together of this.steps(batches)) {
        if (!this.stopping) await this.exclusively(() => this.step(together));
      }
    }
  }

  /** What is stepped at once. What is cut off will be polled again. */
  private steps(batches: readonly RecordBatch[]): (readonly RecordBatch[])[] {
    if (this.options.stage.order === 'each') return batches.map((batch) => [batch]);
    const cut = cutToRecordedOrder(batches);
    for (const batch of batches) {
      const kept = cut.find(({ topic, partition }) => topic === batch.topic && partition === batch.partition);
      if (kept !== batch) this.consumer.seek(batch.topic, batch.partition, kept?.nextOffset ?? batch.offset(0));
    }
    return [cut];
  }

  private async step(batches: readonly RecordBatch[]): Promise<void> {
    const { stage } = this.options;
    const { topic, partition } = batches[0];
    const key = stage.order === 'each' ? `${topic}/${partition}` : '';
    try {
      const result = await stage.step(batches);
      await this.write(result);
      this.retryMs.delete(key);
      this.commitAllOf(result, batches.map(endOf));
    } catch (error) {
      const retryMs = this.retryMs.get(key) ?? retryMinMs;
      this.retryMs.set(key, Math.min(retryMs * 2, retryMaxMs));
      this.options.failed(error, { stage: stage.group, topic, partition, retryMs });
      for (const batch of batches) this.consumer.seek(batch.topic, batch.partition, batch.offset(0));
      if (stage.order === 'each') this.pause(batches[0], retryMs);
      // Partitions that are merged wait together, or a later record would overtake the one that failed.
      else await delay(retryMs, undefined, { signal: this.stopped.signal }).catch(() => {});
    }
  }

  private pause({ topic, partition }: RecordBatch, retryMs: number): void {
    this.consumer.pause(topic, partition);
    const timer = setTimeout(() => {
      this.resumes.delete(timer);
      this.consumer.resume(topic, partition);
    }, retryMs);
    this.resumes.add(timer);
  }

  private async write(result: StepResult | undefined): Promise<void> {
    if (!result?.appends) return;
    await Promise.all(result.appends.map(({ topic, records }) => this.options.log.append(topic, records)));
  }

  private scheduleTick(): void {
    this.ticking = setTimeout(async () => {
      await this.exclusively(async () => {
        try {
          if (this.stopping) return;
          const result = await this.options.stage.tick!();
          await this.write(result);
          this.commitAllOf(result, []);
        } catch (error) {
          this.options.failed(error, { stage: this.options.stage.group, retryMs: this.options.stage.tickMs ?? 1000 });
        }
      });
      if (!this.stopping) this.scheduleTick();
    }, this.options.stage.tickMs ?? 1000);
  }

  private exclusively(work: () => Promise<void>): Promise<void> {
    this.turn = this.turn.then(work);
    return this.turn;
  }

  private commitAllOf(result: StepResult | undefined, ends: readonly Position[]): void {
    for (const position of result?.commits ?? ends) {
      const { topic, partition, offset } = position;
      if (this.committed.get(`${topic}/${partition}`) === offset) continue;
      this.commitSoon({ ...position, metadata: result?.metadata?.(topic, partition) });
    }
  }

  private commitSoon(position: Position): void {
    this.uncommitted.set(`${position.topic}/${position.partition}`, position);
    this.committing ??= this.commitAll().finally(() => {
      this.committing = undefined;
    });
  }

  private async commitAll(): Promise<void> {
    while (this.uncommitted.size > 0) {
      const positions = [...this.uncommitted.values()];
      this.uncommitted.clear();
      try {
        await this.consumer.commit(positions);
        for (const { topic, partition, offset } of positions) this.committed.set(`${topic}/${partition}`, offset);
      } catch (error) {
        // A later step commits a later position; nothing is lost by not having this one.
        this.options.failed(error, { stage: this.options.stage.group, retryMs: 0 });
        return;
      }
    }
  }

  private async flushCommits(): Promise<void> {
    await this.committing;
    await this.commitAll();
  }
}
