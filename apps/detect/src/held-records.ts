import type { WindowPartition } from '#libs/detection';

/**
 * From which record of a partition on there may be hits that wait for other matchers: what lies before is counted.
 * Every batch is noted together with the youngest hit that waited after it; once older ones have been let go than that,
 * nothing of the batch can wait any more.
 */
export class HeldRecords {
  private waiting: { offset: number; untilMs: number }[] = [];

  /** After records from `offset` on were applied. */
  note({ merge }: WindowPartition, offset: number): void {
    const span = merge.heldSpan;
    if (span === null) this.waiting = [];
    else {
      this.waiting.push({ offset, untilMs: span.untilMs });
      while (this.waiting[0].untilMs <= span.fromMs) this.waiting.shift();
    }
  }

  /** Null: nothing waits. */
  get from(): number | null {
    return this.waiting[0]?.offset ?? null;
  }
}
