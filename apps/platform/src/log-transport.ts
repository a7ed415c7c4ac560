import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { type CatchUpState, RunningStage, type RunStageOptions, type Stage, type StepResult } from '#libs/stream';

export type LogTransportOptions = Omit<RunStageOptions, 'stage'>;

/** What `@EventPattern<string>(group, extras)` says of a consumer. */
interface ConsumerExtras {
  topics: readonly string[];
  order?: Stage['order'];
  tickMs?: number;
  restMs?: number;
  batchBytesMax?: number;
}

/**
 * Nest's door to the log. `@EventPattern<string>('group', { topics: [...] })` makes a method the stage of a consumer
 * group: it gets one batch of one partition, in offset order, and returns what to write. Siblings named
 * `group/assigned` (whose context is the signal that it stops), `group/revoked` and `group/tick` are its other callbacks
 * (libs/stream says what they mean).
 */
export class LogTransport extends Server implements CustomTransportStrategy {
  private running: RunningStage[] = [];

  constructor(private readonly options: LogTransportOptions) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    this.startStages().then(() => callback(), callback);
  }

  async close(): Promise<void> {
    await Promise.all(this.running.map((stage) => stage.stop()));
    this.running = [];
  }

  on(): never {
    throw new TypeError('The log transport emits no events: consumers are declared with @EventPattern.');
  }

  /** How far each stage of this process is from being caught up. Rejects as the log does. */
  catchUps(): Promise<CatchUpState[]> {
    return Promise.all(this.running.map((stage) => stage.catchUpState()));
  }

  unwrap<T>(): T {
    return this.options.log as T;
  }

  private async startStages(): Promise<void> {
    const stages = [...this.messageHandlers.keys()].filter((pattern) => !pattern.includes('/'));
    for (const group of stages) {
      const stage = new RunningStage({ ...this.options, stage: this.stageOf(group) });
      this.running.push(await stage.start());
    }
  }

  private stageOf(group: string): Stage {
    const main = this.messageHandlers.get(group)!;
    const { topics, order = 'each', tickMs, restMs, batchBytesMax } = main.extras as unknown as ConsumerExtras;
    const assigned = this.messageHandlers.get(`${group}/assigned`);
    const revoked = this.messageHandlers.get(`${group}/revoked`);
    const tick = this.messageHandlers.get(`${group}/tick`);
    return {
      group,
      topics,
      order,
      tickMs,
      restMs,
      batchBytesMax,
      step: (batches) => call<StepResult | undefined>(main, order === 'each' ? batches[0] : batches),
      assigned: assigned && ((positions, stopping) => call(assigned, positions, stopping)),
      revoked: revoked && ((partitions) => call(revoked, partitions)),
      tick: tick && (() => call<StepResult | undefined>(tick, null)),
    };
  }
}

/** Calls a handler and waits for all of it: Nest may wrap the result in an observable, and an error in an object. */
async function call<T>(handler: MessageHandler, payload: unknown, context?: AbortSignal): Promise<T> {
  const returned: unknown = await handler(payload as never, context);
  return (isObservable(returned) ? await lastValueFrom(returned, { defaultValue: undefined }) : returned) as T;
}
