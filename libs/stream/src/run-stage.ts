import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, GroupPosition, Log, RecordBatch } from '#libs/log';
import { appendInPieces } from './append-in-pieces.js';
import { CatchUp, type CatchUpState } from './catch-up.js';
import type { Failure } from './failure.js';
import { readProblemOf } from './read-problem.js';
import { cutToRecordedOrder } from './recorded-order.js';
import type { Stage, StepResult } from './stage.js';

const retryMinMs = 100;
const retryMaxMs = 10_000;

export interface RunStageOptions {
  log: Log;
  stage: Stage;
  /** Something failed and is tried again after `retryMs`; or records are skipped, see `Failure`. */
  failed(error: unknown, where: Failure): void;
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
  /** Where a stage wanted to read on; batches that were polled before that are not stepped. */
  private readonly sought = new Map<string, number>();
  private readonly uncommitted = new Map<string, Position>();
  private readonly committed = new Map<string, number>();
  private committing: Promise<void> | undefined;
  private readonly catchUp: CatchUp;

  constructor(private readonly options: RunStageOptions) {
    this.catchUp = new CatchUp(options.stage.group);
  }

  /** Resolves once the group is joined. */
  async start(): Promise<this> {
    const { log, stage } = this.options;
    this.consumer = await log.consume(stage.group, stage.topics, {
      bytesMax: stage.batchBytesMax,
      transient: true,
      merged: stage.order === 'recorded',
      assigned: (positions) => this.takeUp(positions),
      revoked: async (partitions) => {
        for (const place of partitions) this.catchUp.lost(place);
        await this.flushCommits();
        await stage.revoked?.(partitions);
      },
    });
    this.loop = this.run();
    if (stage.tick) this.scheduleTick();
    return this;
  }

  /** How far it is from where it found its partitions to end. Rejects as the log does. */
  async catchUpState(): Promise<CatchUpState> {
    const { log, stage } = this.options;
    return this.catchUp.state(await log.describeGroup(stage.group), this.consumer.id);
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

  private async takeUp(positions: readonly GroupPosition[]): Promise<readonly (number | undefined)[] | undefined> {
    const { log, stage } = this.options;
    for (const { topic, partition, offset } of positions) {
      this.committed.set(`${topic}/${partition}`, offset);
      this.sought.delete(`${topic}/${partition}`);
    }
    const starts = await stage.assigned?.(positions, this.stopped.signal);
    const names = [...new Set(positions.map(({ topic }) => topic))];
    const ends = await log.ends(names);
    for (const [i, place] of positions.entries()) {
      const end = ends[names.indexOf(place.topic)][place.partition];
      this.catchUp.taken(place, starts?.[i] ?? place.offset, end);
    }
    return starts;
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
        await this.notRead(error);
        continue;
      }
      if (batches === null) return;
      this.retryMs.delete('poll');
      for (const together of this.steps(batches)) {
        if (!this.stopping) await this.exclusively(() => this.step(together));
      }
      if (this.options.stage.restMs) await this.sleep(this.options.stage.restMs);
    }
  }

  /** What retention or damage took never comes back: it is told and left out, and so is no other partition held up. */
  private async notRead(error: unknown): Promise<void> {
    const { group } = this.options.stage;
    const place = readProblemOf(error);
    if (place === null) {
      // Taking up partitions failed, or letting go of them.
      const retryMs = this.nextRetryMs('poll');
      this.options.failed(error, { stage: group, retryMs });
      await this.sleep(retryMs);
      return;
    }
    const { topic, partition, wanted, next } = place;
    if (next === undefined) {
      const retryMs = this.nextRetryMs(`${topic}/${partition}`);
      this.options.failed(error, { stage: group, topic, partition, retryMs });
      this.pause(place, retryMs);
    } else {
      this.options.failed(error, { stage: group, topic, partition, retryMs: 0, skippedRecords: next - wanted });
      this.consumer.seek(topic, partition, next);
      this.consumer.resume(topic, partition);
      this.catchUp.reached(place, next);
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
    if (this.isOverdue(batches)) return;
    const { topic, partition } = batches[0];
    const key = stage.order === 'each' ? `${topic}/${partition}` : 'step';
    try {
      const result = await stage.step(batches);
      for (const done of [key, ...batches.map((batch) => `${batch.topic}/${batch.partition}`)])
        this.retryMs.delete(done);
      await this.finish(result, batches.map(endOf));
      for (const batch of batches) this.catchUp.reached(batch, batch.nextOffset);
    } catch (error) {
      const retryMs = this.nextRetryMs(key);
      this.options.failed(error, { stage: stage.group, topic, partition, retryMs });
      for (const batch of batches) this.consumer.seek(batch.topic, batch.partition, batch.offset(0));
      if (stage.order === 'each') this.pause(batches[0], retryMs);
      // Partitions that are merged wait together, or a later record would overtake the one that failed.
      else await this.sleep(retryMs);
    }
  }

  /** Whether the stage wanted to read on elsewhere after these were polled: they are polled again. */
  private isOverdue(batches: readonly RecordBatch[]): boolean {
    if (!batches.some(({ topic, partition }) => this.sought.has(`${topic}/${partition}`))) return false;
    for (const batch of batches) {
      const { topic, partition } = batch;
      this.consumer.seek(topic, partition, this.sought.get(`${topic}/${partition}`) ?? batch.offset(0));
      this.sought.delete(`${topic}/${partition}`);
    }
    return true;
  }

  private async finish(result: StepResult | undefined, ends: readonly Position[]): Promise<void> {
    if (!(await this.write(result))) return;
    this.commitAllOf(result, ends);
    for (const { topic, partition, offset } of result?.seeks ?? []) {
      this.sought.set(`${topic}/${partition}`, offset);
      this.consumer.seek(topic, partition, offset);
    }
  }

  private async sleep(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stopped.signal }).catch(() => {});
  }

  /** How long to wait before trying again; longer each time, until it succeeds and forgets. */
  private nextRetryMs(key: string): number {
    const retryMs = this.retryMs.get(key) ?? retryMinMs;
    this.retryMs.set(key, Math.min(retryMs * 2, retryMaxMs));
    return retryMs;
  }

  private pause({ topic, partition }: { topic: string; partition: number }, retryMs: number): void {
    this.consumer.pause(topic, partition);
    const timer = setTimeout(() => {
      this.resumes.delete(timer);
      this.consumer.resume(topic, partition);
    }, retryMs);
    this.resumes.add(timer);
  }

  /**
   * What the log refuses (its disk is full, it is busy) is appended again until it takes it. The step itself does not run
   * again: it has noted what it saw, and would take the same records for repeats. False: stopped before all was written.
   */
  private async write(result: StepResult | undefined): Promise<boolean> {
    const { log, stage } = this.options;
    for (let waiting = result?.appends ?? []; ; ) {
      const outcomes = waiting.map((append) => appendInPieces(log, append));
      const refused = (await Promise.all(outcomes)).filter((outcome) => outcome !== null);
      if (refused.length === 0) {
        this.retryMs.delete('write');
        return true;
      }
      const retryMs = this.nextRetryMs('write');
      this.options.failed(refused[0].reason, { stage: stage.group, topic: refused[0].left.topic, retryMs });
      await this.sleep(retryMs);
      if (this.stopping) return false;
      waiting = refused.map(({ left }) => left);
    }
  }

  private scheduleTick(): void {
    this.ticking = setTimeout(async () => {
      await this.exclusively(async () => {
        try {
          if (this.stopping) return;
          const result = await this.options.stage.tick!();
          await this.finish(result, []);
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
