import { grown } from './group-table.js';

/**
 * Room for the events that groups keep: blocks of a power-of-two capacity, recycled by size. A block is its address
 * (index of its first event); who owns it knows its capacity. The numbers of one event lie side by side: time, origin
 * and, for distinct counts, value.
 */
export class EventArena {
  private data = new Float64Array(256);
  private readonly width: number;
  private used = 0;
  private readonly free: number[][] = [];

  constructor(private readonly withValues: boolean) {
    this.width = withValues ? 3 : 2;
  }

  get bytes(): number {
    return this.data.byteLength;
  }

  time(at: number): number {
    return this.data[at * this.width];
  }
  /** Where the event came from: an opaque number of the caller's. */
  origin(at: number): number {
    return this.data[at * this.width + 1];
  }
  /** What is counted once in a distinct count. */
  value(at: number): number {
    return this.data[at * this.width + 2];
  }

  put(at: number, time: number, origin: number, value: number): void {
    const { data } = this;
    const first = at * this.width;
    data[first] = time;
    data[first + 1] = origin;
    if (this.withValues) data[first + 2] = value;
  }

  /** Moves events within or between blocks; the ranges may overlap. */
  move(from: number, to: number, count: number): void {
    const { data, width } = this;
    // A call for a few numbers costs more than the numbers.
    if (count <= 4 && (to < from || to >= from + count)) {
      for (let i = 0; i < count * width; i++) data[to * width + i] = data[from * width + i];
    } else data.copyWithin(to * width, from * width, (from + count) * width);
  }

  /** A block of 2**sizeClass events. */
  allocate(sizeClass: number): number {
    const recycled = this.free[sizeClass]?.pop();
    if (recycled !== undefined) return recycled;
    const address = this.used;
    this.used += 1 << sizeClass;
    const needed = this.used * this.width;
    if (needed > this.data.length) {
      this.data = grown(this.data, Math.max(needed, this.data.length + (this.data.length >> 1)));
    }
    return address;
  }

  release(address: number, sizeClass: number): void {
    (this.free[sizeClass] ??= []).push(address);
  }
}
