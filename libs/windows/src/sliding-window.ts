import type { Measure } from './measure.js';
import { makeMeasure } from './measures/make.js';
import { entrySliceMsOf } from './window-spec.js';
import type { WindowStore } from './window-store.js';

/** A window that slides over the kept events of one group, beside the one that ends at the newest: [head, end) of its run. */
export class SlidingWindow {
  measure: Measure;
  private head: number;
  private end: number;

  /** Stands before the events at `time`: all that are older and still in the window are in. */
  constructor(
    private readonly store: WindowStore,
    private readonly slot: number,
    time: number,
  ) {
    const { runs, spec } = store;
    const end = runs.countBefore(slot, time);
    // With a memory it matters what went before the window, too.
    const from = store.hasMemory ? 0 : this.startOf(time - spec.timespanMs);
    this.head = this.end = from;
    this.measure = this.afresh();
    while (this.end < end) this.enter();
    this.passTo(time);
  }

  get size(): number {
    return this.end - this.head;
  }

  /** Time of the next event that is not in yet; Infinity: there is none. */
  get nextEvent(): number {
    return this.end < this.store.runs.length(this.slot) ? this.store.runs.time(this.slot, this.end) : Infinity;
  }

  /** When the window changes next if no event comes. */
  get nextExit(): number {
    const { store, slot, head } = this;
    const leaves = this.size === 0 ? Infinity : store.runs.time(slot, head) + store.spec.timespanMs;
    return Math.min(leaves, this.measure.changesAt?.() ?? Infinity);
  }

  /** Does the condition hold for the window that ends at `time`, where it has been moved to? */
  holds(time: number): boolean {
    return this.size > 0 && this.measure.holds(time);
  }

  /** Lets go what has left the window when it ends at `time`. */
  passTo(time: number): void {
    const { runs, spec } = this.store;
    while (this.head < this.end && runs.time(this.slot, this.head) <= time - spec.timespanMs) {
      this.measure.leave(runs.time(this.slot, this.head), runs.value(this.slot, this.head));
      this.head++;
    }
    if (this.measure.isSpent) this.rebuild();
  }

  /** Moves on to the next event, and takes in all of its instant. */
  enterNext(): void {
    const { runs } = this.store;
    const until = runs.countUntil(this.slot, this.nextEvent);
    while (this.end < until) this.enter();
  }

  /** The first entry after `time`; where two may be the beginning and the end of one thing, that of the slice that goes on there. */
  private startOf(time: number): number {
    const { runs, spec } = this.store;
    const sliceMs = entrySliceMsOf(spec);
    if (sliceMs === 0) return runs.countUntil(this.slot, time);
    return runs.countBefore(this.slot, Math.floor(time / sliceMs) * sliceMs);
  }

  private enter(): void {
    const { runs } = this.store;
    const time = runs.time(this.slot, this.end);
    this.passTo(time);
    this.measure.enter(time, runs.value(this.slot, this.end));
    this.end++;
  }

  /** Measures that can be spent have no memory: the window is all that matters to them. */
  private rebuild(): void {
    const { end } = this;
    this.measure = this.afresh();
    for (this.end = this.head; this.end < end; ) this.enter();
  }

  private afresh(): Measure {
    const { measureSpec, spec } = this.store;
    return makeMeasure(measureSpec, spec.timespanMs, this.store.memoryOf(this.slot), () => {});
  }
}
