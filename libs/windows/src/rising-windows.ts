import { DistinctCounter } from './distinct-counter.js';
import type { EventRuns } from './event-runs.js';
import { type GroupTable, word } from './group-table.js';
import type { WindowStore } from './window-store.js';

/**
 * Windows whose condition more events never end: a count, or a number of different values, and its lower limit. The
 * one that ends at a group's newest event is kept as two numbers of the group's record.
 */
export class RisingWindows {
  private readonly distinctValues: DistinctCounter;
  private readonly runs: EventRuns;
  private readonly groups: GroupTable;
  private readonly timespanMs: number;

  constructor(
    private readonly store: WindowStore,
    private readonly kind: 'count' | 'distinct',
    private readonly threshold: number,
  ) {
    this.runs = store.runs;
    this.groups = store.groups;
    this.timespanMs = store.spec.timespanMs;
    this.distinctValues = new DistinctCounter(store.runs);
  }

  /** The next event of a group, not older than its newest. */
  append(slot: number, time: number, origin: number, value: number, hasEpisode: boolean): void {
    const { runs, groups, timespanMs } = this;
    const length = runs.length(slot);
    let held = groups.get(slot, word.held);
    const expired = time - timespanMs;
    let observed: number;
    if (this.kind === 'count') {
      while (held > 0 && runs.time(slot, length - held) <= expired) held--;
      observed = held + 1;
    } else {
      observed = groups.get(slot, word.distinct);
      while (held > 0 && runs.time(slot, length - held) <= expired) {
        const oldest = runs.value(slot, length - held--);
        observed -= this.distinctValues.leave(slot, length - held, length, oldest);
      }
      observed += this.distinctValues.enter(slot, length - held, length, value);
      groups.set(slot, word.distinct, observed);
    }
    runs.append(slot, time, origin, value);
    groups.set(slot, word.held, held + 1);
    if (hasEpisode) this.store.noteEvent(slot, length);
    if (observed >= this.threshold) {
      const holdUntil = this.kind === 'count' ? this.holdEnd(slot, length) : Number.NaN;
      this.store.fire(slot, { time, holdUntil, observed, expected: null });
    }
  }

  /** Sets the window that ends at the newest event anew. */
  recount(slot: number): void {
    const { runs, groups, timespanMs } = this;
    const length = runs.length(slot);
    const from = runs.countUntil(slot, groups.newest(slot) - timespanMs);
    groups.set(slot, word.held, length - from);
    if (this.kind === 'distinct') groups.set(slot, word.distinct, this.distinctValues.recount(slot, from, length));
  }

  /** When the condition stops holding after the event at index `last`, where it holds. */
  holdEnd(slot: number, last: number): number {
    const { runs, timespanMs } = this;
    if (this.kind === 'count') return runs.time(slot, last - this.threshold + 1) + timespanMs;
    const seen = new Set<number>();
    for (let i = last; ; i--) {
      seen.add(runs.value(slot, i));
      if (seen.size === this.threshold) return runs.time(slot, i) + timespanMs;
    }
  }

  /** Nothing that the group holds matters any more. */
  forget(slot: number): void {
    this.groups.set(slot, word.distinct, 0);
    this.distinctValues.forget(slot);
  }
}
