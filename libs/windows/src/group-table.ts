/**
 * What is kept of a group is one record of twelve 32-bit words: where its events are, how many the window holds, when
 * it was last touched. Side by side, because a counted event reads most of them: apart, each would be a cache miss.
 */
const recordWords = 12;
const hashLo = 0;
const hashHi = 1;
/** Words 2 and 3: the time of the group's newest event, ms, as a double. */
const newestDouble = 1;

/** The words of a record that belong to others than the table. */
export const word = {
  /** Of `EventRuns`: the block that holds the group's events, where they begin in it, how many, the block's size. */
  block: 4,
  start: 5,
  length: 6,
  sizeClass: 7,
  /** Of `WindowStore`: how many of the newest events the window ending at the newest holds; distinct values therein. */
  held: 8,
  distinct: 9,
  /** Mark time and recorded time when the group last got an event, in seconds since the epoch. */
  touchedMark: 10,
  touchedAt: 11,
} as const;
type Word = (typeof word)[keyof typeof word];

/**
 * Open addressing from a 64-bit group hash to a dense slot number, and the record of each slot: 48 bytes a group and
 * its share of the table (measured: test/bench). Two different groups with one hash would be counted as one: for 10
 * million groups the odds of a single such pair are 1 in 370,000.
 */
export class GroupTable {
  /** Slots in use plus slots on the free list: the upper bound for a sweep. */
  slotsUsed = 0;
  /** How often a group was removed: a slot found before stays good as long as this does. */
  removed = 0;
  private words = new Int32Array(64 * recordWords);
  private doubles = new Float64Array(this.words.buffer);
  private table = new Int32Array(128); // slot + 1; 0 = empty
  private readonly free: number[] = [];

  get size(): number {
    return this.slotsUsed - this.free.length;
  }
  get bytes(): number {
    return this.table.byteLength + this.words.byteLength;
  }

  get(slot: number, which: Word): number {
    return this.words[slot * recordWords + which] >>> 0;
  }
  set(slot: number, which: Word, value: number): void {
    this.words[slot * recordWords + which] = value;
  }
  newest(slot: number): number {
    return this.doubles[slot * (recordWords / 2) + newestDouble];
  }
  setNewest(slot: number, time: number): void {
    this.doubles[slot * (recordWords / 2) + newestDouble] = time;
  }
  hashLo(slot: number): number {
    return this.words[slot * recordWords + hashLo];
  }
  hashHi(slot: number): number {
    return this.words[slot * recordWords + hashHi];
  }

  /** The group's slot, or -1. */
  find(lo: number, hi: number): number {
    const { table, words } = this;
    const mask = table.length - 1;
    for (let at = lo & mask; ; at = (at + 1) & mask) {
      const slot = table[at] - 1;
      if (slot < 0) return -1;
      const record = slot * recordWords;
      if (words[record] === lo && words[record + hashHi] === hi) return slot;
    }
  }

  /** Only for a group that `find` did not find. Its record begins with zeros. */
  insert(lo: number, hi: number): number {
    if ((this.size + 1) * 4 > this.table.length * 3) this.rehash(this.table.length * 2);
    const slot = this.free.pop() ?? this.slotsUsed++;
    const record = slot * recordWords;
    if (record >= this.words.length) {
      this.words = grown(this.words, grownCapacity(slot) * recordWords);
      this.doubles = new Float64Array(this.words.buffer);
    }
    this.words.fill(0, record, record + recordWords);
    this.words[record + hashLo] = lo;
    this.words[record + hashHi] = hi;
    this.place(slot);
    return slot;
  }

  /** Backward-shift deletion: no tombstones, so probes stay short however long the table lives. */
  remove(slot: number): void {
    const { table } = this;
    const mask = table.length - 1;
    let hole = this.hashLo(slot) & mask;
    while (table[hole] !== slot + 1) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; table[at] !== 0; at = (at + 1) & mask) {
      const home = this.hashLo(table[at] - 1) & mask;
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        table[hole] = table[at];
        hole = at;
      }
    }
    table[hole] = 0;
    this.free.push(slot);
    this.removed++;
  }

  /** Is the slot in use? Only sweeps ask, so the probe is paid there and not in a flag per slot. */
  has(slot: number): boolean {
    return this.find(this.hashLo(slot), this.hashHi(slot)) === slot;
  }

  private place(slot: number): void {
    const { table } = this;
    const mask = table.length - 1;
    let at = this.hashLo(slot) & mask;
    while (table[at] !== 0) at = (at + 1) & mask;
    table[at] = slot + 1;
  }

  private rehash(length: number): void {
    const slots = this.table.filter((entry) => entry !== 0);
    this.table = new Int32Array(length);
    for (const entry of slots) this.place(entry - 1);
  }
}

/** A quarter more: these arrays are large, and half of a doubling would lie idle. */
export const grownCapacity = (capacity: number): number => capacity + Math.max(64, capacity >> 2);

export function grown<T extends Int32Array | Float64Array>(array: T, length: number): T {
  const larger = new (array.constructor as new (length: number) => T)(length);
  larger.set(array as never);
  return larger;
}
