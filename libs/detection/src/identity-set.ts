/**
 * Which events one partition has seen within the de-duplication horizon, by the hash of `source` and `id`. A ring in
 * order of recording, with an open-addressing index into it: about 28 bytes an event.
 */
export class IdentitySet {
  private lo = new Int32Array(256);
  private hi = new Int32Array(256);
  private recordedAt = new Float64Array(256);
  private offsets = new Float64Array(256);
  /** Ring positions + 1; 0 = empty. */
  private table = new Int32Array(512);
  private head = 0;
  private size = 0;
  /** Identities that the limit pushed out before the horizon did. */
  evicted = 0;

  constructor(
    private readonly horizonMs: number,
    private readonly identitiesMax: number,
  ) {}

  /** The offset of the oldest event remembered; undefined where there is none. */
  get oldestOffset(): number | undefined {
    return this.size === 0 ? undefined : this.offsets[this.head];
  }

  /** True where the identity is new. Repeats do not prolong: the horizon runs from the first. */
  add(lo: number, hi: number, recordedAt: number, offset: number): boolean {
    while (this.size > 0 && this.recordedAt[this.head] <= recordedAt - this.horizonMs) this.removeOldest();
    const mask = this.table.length - 1;
    let at = lo & mask;
    for (; this.table[at] !== 0; at = (at + 1) & mask) {
      const known = this.table[at] - 1;
      if (this.lo[known] === (lo | 0) && this.hi[known] === (hi | 0)) return false;
    }
    if (this.size >= this.identitiesMax) {
      this.removeOldest();
      this.evicted++;
      return this.add(lo, hi, recordedAt, offset);
    }
    if (this.size === this.lo.length) {
      this.grow();
      return this.add(lo, hi, recordedAt, offset);
    }
    const position = (this.head + this.size++) & (this.lo.length - 1);
    this.lo[position] = lo;
    this.hi[position] = hi;
    this.recordedAt[position] = recordedAt;
    this.offsets[position] = offset;
    this.table[at] = position + 1;
    return true;
  }

  private removeOldest(): void {
    const { table, lo } = this;
    const mask = table.length - 1;
    let hole = lo[this.head] & mask;
    while (table[hole] !== this.head + 1) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; table[at] !== 0; at = (at + 1) & mask) {
      const home = lo[table[at] - 1] & mask;
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        table[hole] = table[at];
        hole = at;
      }
    }
    table[hole] = 0;
    this.head = (this.head + 1) & (this.lo.length - 1);
    this.size--;
  }

  private grow(): void {
    const length = this.lo.length * 2;
    const order = <T extends Int32Array | Float64Array>(array: T, larger: T): T => {
      larger.set(array.subarray(this.head));
      larger.set(array.subarray(0, this.head), array.length - this.head);
      return larger;
    };
    this.lo = order(this.lo, new Int32Array(length));
    this.hi = order(this.hi, new Int32Array(length));
    this.recordedAt = order(this.recordedAt, new Float64Array(length));
    this.offsets = order(this.offsets, new Float64Array(length));
    this.head = 0;
    this.table = new Int32Array(length * 2);
    const mask = this.table.length - 1;
    for (let position = 0; position < this.size; position++) {
      let at = this.lo[position] & mask;
      while (this.table[at] !== 0) at = (at + 1) & mask;
      this.table[at] = position + 1;
    }
  }
}
