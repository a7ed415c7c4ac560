import type { Clock } from '#libs/clock';
import type { RecordBatch } from '../batch.js';

/**
 * Brokers show the partitions of one append one after the other, within milliseconds; while they are busy, or where requests
 * queue, it takes longer. After this long all of it is there.
 */
const settleMs = 1000;
/** What waits is copied at each look. */
const lookEveryMs = settleMs / 4;
/** What is recorded so soon after it happened need not wait: it keeps within the lateness in any order. */
const freshMs = 30_000;

/** Gives batches of partitions that are merged only as far as they hold appends whole. */
export class Settling {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly clock: Clock,
    /** Called when it is time to look again. */
    private readonly wake: () => void,
  ) {}

  /** Whether it is too early to look again. */
  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  /**
   * The part of the batches, of all that could be read at `asOf`, of which nothing more is to come; `giveBack` is told from which
   * offset on the rest of a batch is wanted again.
   */
  settled(batches: RecordBatch[], asOf: number, giveBack: (batch: RecordBatch, offset: number) => void): RecordBatch[] {
    const from = unsettledFrom(batches, asOf);
    if (from === Number.POSITIVE_INFINITY) return batches;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.wake();
      },
      Math.max(from + settleMs - this.clock.now(), lookEveryMs),
    );
    return batches.flatMap((batch) => {
      const count = batch.countRecordedBefore(from);
      if (count === batch.count) return [batch];
      giveBack(batch, batch.offset(count));
      return count === 0 ? [] : [batch.head(count)];
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** The recorded time from which on there may be more, and it had happened long before it was recorded. Infinity: nowhere. */
function unsettledFrom(batches: readonly RecordBatch[], asOf: number): number {
  let from = Number.POSITIVE_INFINITY;
  for (const batch of batches) {
    for (let i = batch.countRecordedBefore(asOf - settleMs); i < batch.count; i++) {
      const recordedAt = batch.recordedAt(i);
      if (recordedAt >= from) break;
      if (recordedAt - batch.time(i) > freshMs) from = recordedAt;
    }
  }
  return from;
}
