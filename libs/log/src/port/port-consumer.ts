import type { Calls } from '#libs/port';
import type { RecordBatch } from '../batch.js';
import type { ConsumeOptions, Consumer, GroupPosition } from '../log.js';
import { type CallbackMethods, type LogMethods, orUnavailable } from './methods.js';
import { unpackBatches } from './packed.js';

/**
 * A consumer of a log in another thread. Batches may be on their way while their partition is sought or paused here: those
 * are dropped when they come, as if the log had known before.
 */
export class PortConsumer implements Consumer {
  id = '';
  private readonly paused = new Set<string>();
  /** Of partitions that were sought, which seek it was; until a batch comes from there. */
  private readonly sought = new Map<string, number>();
  private seeks = 0;
  /** The memory of batches that nobody looks at any more. Else each poll would leave some behind, in both threads. */
  private spare: ArrayBuffer | undefined;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly number: number,
    private readonly server: Calls<LogMethods, CallbackMethods>,
    private readonly options: ConsumeOptions,
    private readonly left: () => void,
  ) {}

  async poll(): Promise<RecordBatch[] | null> {
    while (!this.closing) {
      const { spare } = this;
      this.spare = undefined;
      const polling = this.server.call('poll', [this.number, spare], spare && [spare]);
      const polled = await orUnavailable(polling);
      // What comes when it is being closed is for whoever reads on: nobody would commit it any more.
      if (polled === null || this.closing) break;
      if (this.options.transient) this.spare = polled.buffer;
      const batches = unpackBatches(polled).filter((batch) => this.isWanted(batch, polled.seek));
      if (batches.length > 0) return batches;
    }
    return null;
  }

  private isWanted({ topic, partition, columns }: RecordBatch, knownSeek: number): boolean {
    const key = keyOf({ topic, partition });
    if ((this.sought.get(key) ?? 0) > knownSeek) return false;
    this.sought.delete(key);
    if (!this.paused.has(key)) return true;
    // The log has gone on behind it.
    this.seek(topic, partition, columns.offsets[0]);
    return false;
  }

  commit(positions: Parameters<Consumer['commit']>[0]): Promise<void> {
    return orUnavailable(this.server.call('commit', [this.number, positions]));
  }

  seek(topic: string, partition: number, offset: number): void {
    this.sought.set(keyOf({ topic, partition }), ++this.seeks);
    this.server.tell('seek', [this.number, this.seeks, topic, partition, offset]);
  }

  pause(topic: string, partition: number): void {
    this.paused.add(keyOf({ topic, partition }));
    this.server.tell('pause', [this.number, topic, partition]);
  }

  resume(topic: string, partition: number): void {
    this.paused.delete(keyOf({ topic, partition }));
    this.server.tell('resume', [this.number, topic, partition]);
  }

  async assigned(partitions: readonly GroupPosition[]): Promise<readonly (number | undefined)[] | undefined> {
    return this.options.assigned?.(partitions);
  }

  async revoked(partitions: readonly { topic: string; partition: number }[]): Promise<void> {
    try {
      await this.options.revoked?.(partitions);
    } finally {
      for (const place of partitions) {
        this.paused.delete(keyOf(place));
        this.sought.delete(keyOf(place));
      }
    }
  }

  close(): Promise<void> {
    this.closing ??= this.leave();
    return this.closing;
  }

  private async leave(): Promise<void> {
    try {
      // Where the port is closed, the other side has seen to it.
      if (!this.server.closed) await this.server.call('leave', [this.number]);
    } finally {
      this.left();
    }
  }
}

const keyOf = ({ topic, partition }: { topic: string; partition: number }): string => `${topic}/${partition}`;
