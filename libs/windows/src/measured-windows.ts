import { word } from './group-table.js';
import type { Measure, Memory } from './measure.js';
import { type MeasureSpec, makeMeasure, makeMemory } from './measures/make.js';
import { SlidingWindow } from './sliding-window.js';
import type { WindowStore } from './window-store.js';

const nothing: readonly number[] = [];

/**
 * Windows whose condition an event may begin or end. It is looked at when an instant is over, that is when the group's
 * next one comes or the step ends; should the instant go on in a later step, it is looked at again.
 */
export class MeasuredWindows {
  /** By slot: of the window that ends at the group's newest event. */
  private readonly newest: (Measure | undefined)[] = [];
  /** Groups whose newest instant was not looked at. */
  private readonly unjudged = new Set<number>();
  /** Of what went before the oldest kept event. */
  private readonly memories = new Map<number, Memory>();

  constructor(
    private readonly store: WindowStore,
    private readonly spec: MeasureSpec,
  ) {}

  /** The next event of a group, not older than its newest. */
  append(slot: number, time: number, origin: number, value: number, hasEpisode: boolean): void {
    const { runs, groups, spec } = this.store;
    let measure = (this.newest[slot] ??= this.fresh(slot));
    const length = runs.length(slot);
    let held = groups.get(slot, word.held);
    for (; held > 0 && runs.time(slot, length - held) <= time - spec.timespanMs; held--) {
      measure.leave(runs.time(slot, length - held), runs.value(slot, length - held));
    }
    if (measure.isSpent) this.newest[slot] = measure = new SlidingWindow(this.store, slot, time).measure;
    measure.enter(time, value);
    runs.append(slot, time, origin, value);
    groups.set(slot, word.held, held + 1);
    if (hasEpisode) this.store.noteEvent(slot, length);
    this.unjudged.add(slot);
  }

  /** Looks at the groups whose newest instant was not looked at. */
  settle(): void {
    for (const slot of this.unjudged) this.judge(slot);
  }

  /** Before the group's time moves on: its newest instant is over. */
  pass(slot: number): void {
    this.judge(slot);
  }

  /** Does the condition hold at the group's newest event? */
  judge(slot: number): void {
    if (!this.unjudged.delete(slot)) return;
    const { store } = this;
    const time = store.groups.newest(slot);
    const measure = this.newest[slot]!;
    const holds = measure.holds(time);
    const { observed, expected } = measure;
    const open = store.openEpisodeOf(slot);
    if (open?.lastFire === time) {
      // The instant was looked at before it was over.
      if (!holds || observed !== open.value || expected !== open.expected) store.revise(slot);
      // It may hold for longer now, or not as long.
      else open.holdUntil = Number.NaN;
    } else if (holds) store.fire(slot, { time, holdUntil: Number.NaN, observed, expected });
    else if (open !== undefined && open.holdUntil > time) open.holdUntil = time;
  }

  /** Sets the window that ends at the newest event anew. */
  recount(slot: number): void {
    const window = new SlidingWindow(this.store, slot, this.store.groups.newest(slot));
    window.enterNext();
    this.newest[slot] = window.measure;
    this.store.groups.set(slot, word.held, window.size);
    this.unjudged.delete(slot);
  }

  /** The group's `count` oldest events are no longer kept: what is to be remembered of them. */
  fold(slot: number, count: number): void {
    if (!this.store.hasMemory || count === 0) return;
    const { runs, spec } = this.store;
    let memory = this.memories.get(slot);
    if (memory === undefined) this.memories.set(slot, (memory = makeMemory(this.spec, spec.timespanMs, nothing)));
    for (let from = 0; from < count; ) {
      const time = runs.time(slot, from);
      const values: number[] = [];
      for (; from < count && runs.time(slot, from) === time; from++) values.push(runs.value(slot, from));
      for (const value of values.sort((a, b) => a - b)) memory.learn(time, value);
    }
  }

  memoryOf(slot: number): readonly number[] {
    return this.memories.get(slot)?.numbers() ?? nothing;
  }

  restoreMemory(slot: number, numbers: readonly number[]): void {
    if (numbers.length > 0) this.memories.set(slot, makeMemory(this.spec, this.store.spec.timespanMs, numbers));
  }

  /** The window is empty from now on. */
  forget(slot: number): void {
    this.newest[slot] = undefined;
    this.unjudged.delete(slot);
  }

  /** The group leaves. */
  remove(slot: number): void {
    this.forget(slot);
    this.memories.delete(slot);
  }

  private fresh(slot: number): Measure {
    const { store } = this;
    return makeMeasure(this.spec, store.spec.timespanMs, this.memoryOf(slot), () => store.counters.truncatedEvents++);
  }
}
