import { grown, grownCapacity } from './group-table.js';
import type { Parent } from './window-spec.js';

/** By slot: the larger group that a group is part of. Takes no room where there are none. */
export class GroupParents {
  private lo = new Int32Array(0);
  private hi = new Int32Array(0);
  private values = new Float64Array(0);

  set(slot: number, lo: number, hi: number, value: number): void {
    if (slot >= this.lo.length) {
      const length = grownCapacity(slot);
      this.lo = grown(this.lo, length);
      this.hi = grown(this.hi, length);
      this.values = grown(this.values, length);
    }
    this.lo[slot] = lo;
    this.hi[slot] = hi;
    this.values[slot] = value;
  }

  at(slot: number): Parent | null {
    if (this.lo.length === 0) return null;
    return { lo: this.lo[slot], hi: this.hi[slot], value: this.values[slot] };
  }

  /** Of these slots, for a snapshot. */
  columns(slots: readonly number[]): { lo: Int32Array; hi: Int32Array; values: Float64Array } {
    const some = this.lo.length === 0 ? [] : slots;
    return {
      lo: Int32Array.from(some, (slot) => this.lo[slot]),
      hi: Int32Array.from(some, (slot) => this.hi[slot]),
      values: Float64Array.from(some, (slot) => this.values[slot]),
    };
  }
}
