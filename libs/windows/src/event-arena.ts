import { grown } from './group-table.js';

/**
 * Room for the events that groups keep: blocks of a power-of-two capacity in flat columns, recycled by size. A block
 * is its address (index of its first event); who owns it knows its capacity.
 */
export class EventArena {
  times: Float64Array = new Float64Array(64);
  /** Where the event came from: an opaque number of the caller's. */
  origins: Float64Array = new Float64Array(64);
  /** What is counted once in a distinct count; empty for plain counts. */
  values: Float64Array;
  private used = 0;
  private readonly free: number[][] = [];

  constructor(private readonly withValues: boolean) {
    this.values = new Float64Array(withValues ? 64 : 0);
  }

  get bytes(): number {
    return this.times.byteLength + this.origins.byteLength + this.values.byteLength;
  }

  /** A block of 2**sizeClass events. */
  allocate(sizeClass: number): number {
    const recycled = this.free[sizeClass]?.pop();
    if (recycled !== undefined) return recycled;
    const address = this.used;
    this.used += 1 << sizeClass;
    if (this.used > this.times.length) this.grow(Math.max(this.used, this.times.length + (this.times.length >> 1)));
    return address;
  }

  release(address: number, sizeClass: number): void {
    (this.free[sizeClass] ??= []).push(address);
  }

  /** Moves events within or between blocks; the ranges may overlap. */
  move(from: number, to: number, count: number): void {
    this.times.copyWithin(to, from, from + count);
    this.origins.copyWithin(to, from, from + count);
    if (this.withValues) this.values.copyWithin(to, from, from + count);
  }

  put(at: number, time: number, origin: number, value: number): void {
    this.times[at] = time;
    this.origins[at] = origin;
    if (this.withValues) this.values[at] = value;
  }

  private grow(length: number): void {
    this.times = grown(this.times, length);
    this.origins = grown(this.origins, length);
    if (this.withValues) this.values = grown(this.values, length);
  }
}
