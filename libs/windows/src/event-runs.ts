import { EventArena } from './event-arena.js';
import { type GroupTable, word } from './group-table.js';

/** One event as a window sees it. */
export interface WindowEvent {
  /** Event time, ms. */
  time: number;
  /** Where it came from: an opaque number of the caller's. */
  origin: number;
  /** For distinct counts: which value it carries (a hash of up to 53 bits). */
  value: number;
}

/** Blocks up to this size are kept when they are emptied: most groups come back. */
const keptSizeClass = 3;

/**
 * For every group a run of events sorted by time. Appending at the end and dropping from the front are amortised O(1);
 * late events are merged in one pass. Index 0 is a run's oldest event.
 */
export class EventRuns {
  private readonly arena: EventArena;

  constructor(
    private readonly groups: GroupTable,
    withValues: boolean,
  ) {
    this.arena = new EventArena(withValues);
  }

  get bytes(): number {
    return this.arena.bytes;
  }

  open(slot: number): void {
    this.groups.set(slot, word.sizeClass, 1);
    this.groups.set(slot, word.block, this.arena.allocate(1));
  }

  release(slot: number): void {
    this.arena.release(this.groups.get(slot, word.block), this.groups.get(slot, word.sizeClass));
  }

  length(slot: number): number {
    return this.groups.get(slot, word.length);
  }
  time(slot: number, i: number): number {
    return this.arena.time(this.first(slot) + i);
  }
  origin(slot: number, i: number): number {
    return this.arena.origin(this.first(slot) + i);
  }
  value(slot: number, i: number): number {
    return this.arena.value(this.first(slot) + i);
  }

  /** Would one more event need room? The moment to drop what no window needs any more. */
  isFull(slot: number): boolean {
    const { groups } = this;
    return groups.get(slot, word.start) + groups.get(slot, word.length) === 1 << groups.get(slot, word.sizeClass);
  }

  append(slot: number, time: number, origin: number, value: number): void {
    if (this.isFull(slot)) this.makeRoom(slot, 1);
    const length = this.length(slot);
    this.arena.put(this.first(slot) + length, time, origin, value);
    this.groups.set(slot, word.length, length + 1);
    this.groups.setNewest(slot, time);
  }

  /** Drops all; a block that had grown is given back. */
  clear(slot: number): void {
    const { groups } = this;
    if (groups.get(slot, word.sizeClass) > keptSizeClass) {
      this.release(slot);
      this.open(slot);
    }
    groups.set(slot, word.start, 0);
    groups.set(slot, word.length, 0);
  }

  /** How many events there are in [from, to): one that brought several values has several entries, side by side. */
  countOrigins(slot: number, from: number, to: number): number {
    let count = 0;
    for (let i = from; i < to; i++) if (i === from || !this.repeatsOrigin(slot, i)) count++;
    return count;
  }

  /** Does the entry belong to the event of the entry before it? */
  repeatsOrigin(slot: number, i: number): boolean {
    return i > 0 && this.origin(slot, i) === this.origin(slot, i - 1);
  }

  /** Drops the `count` oldest. */
  dropOldest(slot: number, count: number): void {
    this.groups.set(slot, word.start, this.groups.get(slot, word.start) + count);
    this.groups.set(slot, word.length, this.length(slot) - count);
  }

  /** Merges events that are sorted by time and older than the newest; among equal times they come last. */
  merge(slot: number, late: readonly WindowEvent[]): void {
    this.makeRoom(slot, late.length);
    const { arena } = this;
    const first = this.first(slot);
    let from = first + this.length(slot) - 1;
    let to = from + late.length;
    for (let i = late.length - 1; i >= 0; i--) {
      const { time, origin, value } = late[i];
      let run = 0;
      while (from - run >= first && arena.time(from - run) > time) run++;
      if (run > 0) arena.move(from - run + 1, to - run + 1, run);
      from -= run;
      to -= run;
      arena.put(to--, time, origin, value);
    }
    this.groups.set(slot, word.length, this.length(slot) + late.length);
  }

  /** Takes out the event that came from `origin`, where it is there. */
  remove(slot: number, time: number, origin: number): void {
    const length = this.length(slot);
    const at = this.indexOf(slot, time, origin);
    if (at < 0) return;
    const first = this.first(slot);
    if (at + 1 < length) this.arena.move(first + at + 1, first + at, length - at - 1);
    this.groups.set(slot, word.length, length - 1);
  }

  /** Where the event stands that came from `origin`; -1: it is not there. */
  indexOf(slot: number, time: number, origin: number): number {
    const length = this.length(slot);
    for (let i = this.countBefore(slot, time); i < length && this.time(slot, i) === time; i++) {
      if (this.origin(slot, i) === origin) return i;
    }
    return -1;
  }

  /** How many events are at or before `time`: the index of the first one after it. */
  countUntil(slot: number, time: number): number {
    let low = 0;
    let high = this.length(slot);
    const first = this.first(slot);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.arena.time(first + middle) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** How many events are before `time`: the index of the first one at or after it. */
  countBefore(slot: number, time: number): number {
    return this.countUntil(slot, time - 1e-3);
  }

  private first(slot: number): number {
    return this.groups.get(slot, word.block) + this.groups.get(slot, word.start);
  }

  private makeRoom(slot: number, count: number): void {
    const { arena, groups } = this;
    const length = this.length(slot);
    const oldFirst = this.first(slot);
    const block = groups.get(slot, word.block);
    const oldClass = groups.get(slot, word.sizeClass);
    // Half empty at the front: shift; else move to a block that leaves room to grow.
    let newClass = oldClass;
    while (length + count > (newClass === oldClass ? (1 << newClass) >> 1 : 1 << newClass)) newClass++;
    if (newClass === oldClass) arena.move(oldFirst, block, length);
    else {
      const larger = arena.allocate(newClass);
      arena.move(oldFirst, larger, length);
      arena.release(block, oldClass);
      groups.set(slot, word.block, larger);
      groups.set(slot, word.sizeClass, newClass);
    }
    groups.set(slot, word.start, 0);
  }
}
