import { EventArena } from './event-arena.js';
import { grown } from './group-table.js';

/** One event as a window sees it. */
export interface WindowEvent {
  /** Event time, ms. */
  time: number;
  /** Where it came from: an opaque number of the caller's. */
  origin: number;
  /** For distinct counts: which value it carries (a hash of up to 53 bits). */
  value: number;
}

/**
 * For every slot a run of events sorted by time. Appending at the end and dropping from the front are amortised O(1);
 * late events are merged in one pass. Index 0 is a run's oldest event.
 */
export class EventRuns {
  private readonly arena: EventArena;
  private block = new Uint32Array(64);
  private start = new Uint32Array(64);
  private sizeClass = new Uint8Array(64);
  length = new Uint32Array(64);

  constructor(withValues: boolean) {
    this.arena = new EventArena(withValues);
  }

  /** Bytes of the events themselves, and of what is kept beside them for each slot. */
  get eventBytes(): number {
    return this.arena.bytes;
  }
  get slotBytes(): number {
    return this.block.byteLength + this.start.byteLength + this.sizeClass.byteLength + this.length.byteLength;
  }

  ensureSlots(capacity: number): void {
    if (this.length.length >= capacity) return;
    this.block = grown(this.block, capacity);
    this.start = grown(this.start, capacity);
    this.sizeClass = grown(this.sizeClass, capacity);
    this.length = grown(this.length, capacity);
  }

  open(slot: number): void {
    this.sizeClass[slot] = 1;
    this.block[slot] = this.arena.allocate(1);
    this.start[slot] = 0;
    this.length[slot] = 0;
  }

  release(slot: number): void {
    this.arena.release(this.block[slot], this.sizeClass[slot]);
    this.length[slot] = 0;
  }

  time(slot: number, i: number): number {
    return this.arena.times[this.block[slot] + this.start[slot] + i];
  }
  origin(slot: number, i: number): number {
    return this.arena.origins[this.block[slot] + this.start[slot] + i];
  }
  value(slot: number, i: number): number {
    return this.arena.values[this.block[slot] + this.start[slot] + i];
  }
  newest(slot: number): number {
    return this.arena.times[this.block[slot] + this.start[slot] + this.length[slot] - 1];
  }

  /** Would one more event need room? The moment to drop what no window needs any more. */
  isFull(slot: number): boolean {
    return this.start[slot] + this.length[slot] === 1 << this.sizeClass[slot];
  }

  append(slot: number, time: number, origin: number, value: number): void {
    if (this.isFull(slot)) this.makeRoom(slot, 1);
    this.arena.put(this.block[slot] + this.start[slot] + this.length[slot]++, time, origin, value);
  }

  /** Drops the `count` oldest. */
  dropOldest(slot: number, count: number): void {
    this.start[slot] += count;
    this.length[slot] -= count;
  }

  /** Merges events that are sorted by time; among equal times they come last. One pass from the back. */
  merge(slot: number, late: readonly WindowEvent[]): void {
    this.makeRoom(slot, late.length);
    const first = this.block[slot] + this.start[slot];
    let from = first + this.length[slot] - 1;
    let to = from + late.length;
    for (let i = late.length - 1; i >= 0; i--) {
      const { time, origin, value } = late[i];
      let run = 0;
      while (from - run >= first && this.arena.times[from - run] > time) run++;
      if (run > 0) this.arena.move(from - run + 1, to - run + 1, run);
      from -= run;
      to -= run;
      this.arena.put(to--, time, origin, value);
    }
    this.length[slot] += late.length;
  }

  /** How many events are at or before `time`: the index of the first one after it. */
  countUntil(slot: number, time: number): number {
    let low = 0;
    let high = this.length[slot];
    const first = this.block[slot] + this.start[slot];
    const { times } = this.arena;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (times[first + middle] <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** How many events are before `time`: the index of the first one at or after it. */
  countBefore(slot: number, time: number): number {
    return this.countUntil(slot, time - 1e-3);
  }

  private makeRoom(slot: number, count: number): void {
    const length = this.length[slot];
    const oldClass = this.sizeClass[slot];
    const oldFirst = this.block[slot] + this.start[slot];
    // Half empty at the front: shift; else move to a block that leaves room to grow.
    let newClass = oldClass;
    while (length + count > (newClass === oldClass ? (1 << newClass) >> 1 : 1 << newClass)) newClass++;
    if (newClass === oldClass && this.start[slot] > 0) {
      this.arena.move(oldFirst, this.block[slot], length);
    } else if (newClass !== oldClass) {
      const block = this.arena.allocate(newClass);
      this.arena.move(oldFirst, block, length);
      this.arena.release(this.block[slot], oldClass);
      this.block[slot] = block;
      this.sizeClass[slot] = newClass;
    }
    this.start[slot] = 0;
  }
}
