/**
 * Open addressing from a 64-bit group hash to a dense slot number; slots index the flat arrays that hold a group's
 * state. 16 bytes a group and its share of the table (measured: test/bench). Two different groups with one hash would
 * be counted as one: for 10 million groups the odds of a single such pair are 1 in 370,000.
 */
export class GroupTable {
  hashLo = new Uint32Array(64);
  hashHi = new Uint32Array(64);
  /** Slots in use plus slots on the free list: the upper bound for a sweep. */
  slotsUsed = 0;
  private table = new Int32Array(128); // slot + 1; 0 = empty
  private free: number[] = [];

  get size(): number {
    return this.slotsUsed - this.free.length;
  }
  get capacity(): number {
    return this.hashLo.length;
  }
  get bytes(): number {
    return this.table.byteLength + this.hashLo.byteLength * 2;
  }

  /** The group's slot, or -1. */
  find(lo: number, hi: number): number {
    const { table, hashLo, hashHi } = this;
    const mask = table.length - 1;
    for (let at = lo & mask; ; at = (at + 1) & mask) {
      const slot = table[at] - 1;
      if (slot < 0) return -1;
      if (hashLo[slot] === lo && hashHi[slot] === hi) return slot;
    }
  }

  /** Only for a group that `find` did not find. The caller grows its own arrays to `capacity` afterwards. */
  insert(lo: number, hi: number): number {
    if ((this.size + 1) * 4 > this.table.length * 3) this.rehash(this.table.length * 2);
    const slot = this.free.pop() ?? this.slotsUsed++;
    if (slot >= this.hashLo.length) this.growSlots();
    this.hashLo[slot] = lo;
    this.hashHi[slot] = hi;
    this.place(slot);
    return slot;
  }

  /** Backward-shift deletion: no tombstones, so probes stay short however long the table lives. */
  remove(slot: number): void {
    const { table, hashLo } = this;
    const mask = table.length - 1;
    let hole = hashLo[slot] & mask;
    while (table[hole] !== slot + 1) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; table[at] !== 0; at = (at + 1) & mask) {
      const home = hashLo[table[at] - 1] & mask;
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        table[hole] = table[at];
        hole = at;
      }
    }
    table[hole] = 0;
    this.free.push(slot);
  }

  /** Is the slot in use? Only sweeps ask, so the probe is paid there and not in a flag per slot. */
  has(slot: number): boolean {
    return this.find(this.hashLo[slot], this.hashHi[slot]) === slot;
  }

  private place(slot: number): void {
    const { table } = this;
    const mask = table.length - 1;
    let at = this.hashLo[slot] & mask;
    while (table[at] !== 0) at = (at + 1) & mask;
    table[at] = slot + 1;
  }

  private rehash(length: number): void {
    const slots = this.table.filter((entry) => entry !== 0);
    this.table = new Int32Array(length);
    for (const entry of slots) this.place(entry - 1);
  }

  private growSlots(): void {
    const capacity = grownCapacity(this.hashLo.length);
    this.hashLo = grown(this.hashLo, capacity);
    this.hashHi = grown(this.hashHi, capacity);
  }
}

/** A quarter more: slot arrays are large, and half of a doubling would lie idle. */
export const grownCapacity = (capacity: number): number => capacity + Math.max(64, capacity >> 2);

export function grown<T extends Uint8Array | Uint32Array | Float64Array>(array: T, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(length);
  larger.set(array as never);
  return larger;
}
