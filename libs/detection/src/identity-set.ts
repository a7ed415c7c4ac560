/** A repeat may be told from up to this share of the horizon earlier than it has to be: how finely time is kept. */
const checkpointsPerHorizon = 64;

/**
 * Which events one partition has seen within the de-duplication horizon, by the hash of `source` and `id`. A repeat
 * prolongs: so the set is a function of the records within the horizon, and reading those again restores it.
 *
 * A ring in order of entry, with an open-addressing index into it: about 32 bytes an event. An entry that was seen
 * again goes back to the end when its turn comes to leave.
 */
export class IdentitySet {
  private lo = new Int32Array(256);
  private hi = new Int32Array(256);
  /** When it took its place in the ring, and when it was seen last. */
  private enteredAt = new Float64Array(256);
  private seenAt = new Float64Array(256);
  /** Ring positions + 1; 0 = empty. */
  private table = new Int32Array(512);
  private head = 0;
  private size = 0;
  /** Ascending moments, and the first offset recorded at or after each. */
  private readonly checkpoints: { recordedAt: number; offset: number }[] = [];
  /** Identities that the limit pushed out before the horizon did. */
  evicted = 0;

  constructor(
    private readonly horizonMs: number,
    private readonly identitiesMax: number,
  ) {}

  /** From this offset on, records restore the set; undefined before the first. */
  get rememberFrom(): number | undefined {
    return this.checkpoints[0]?.offset;
  }

  /** True where the identity was not seen within the horizon. Offsets and recorded times ascend. */
  add(lo: number, hi: number, recordedAt: number, offset: number): boolean {
    const expired = recordedAt - this.horizonMs;
    this.note(recordedAt, offset, expired);
    while (this.size > 0 && this.enteredAt[this.head] <= expired) {
      const { lo, hi, seenAt, head } = this;
      const [idLo, idHi, lastSeen] = [lo[head], hi[head], seenAt[head]];
      this.removeOldest();
      if (lastSeen > expired) this.enter(idLo, idHi, lastSeen);
    }
    const mask = this.table.length - 1;
    for (let at = lo & mask; this.table[at] !== 0; at = (at + 1) & mask) {
      const known = this.table[at] - 1;
      if (this.lo[known] !== lo || this.hi[known] !== hi) continue;
      const isNew = this.seenAt[known] <= expired;
      this.seenAt[known] = recordedAt;
      return isNew;
    }
    if (this.size >= this.identitiesMax) {
      this.removeOldest();
      this.evicted++;
    }
    this.enter(lo, hi, recordedAt);
    return true;
  }

  private note(recordedAt: number, offset: number, expired: number): void {
    const { checkpoints } = this;
    const last = checkpoints.at(-1);
    if (last !== undefined && recordedAt < last.recordedAt + this.horizonMs / checkpointsPerHorizon) return;
    checkpoints.push({ recordedAt, offset });
    while (checkpoints.length > 1 && checkpoints[1].recordedAt <= expired) checkpoints.shift();
  }

  private enter(lo: number, hi: number, seenAt: number): void {
    if (this.size === this.lo.length) this.grow();
    const position = (this.head + this.size++) & (this.lo.length - 1);
    this.lo[position] = lo;
    this.hi[position] = hi;
    this.enteredAt[position] = seenAt;
    this.seenAt[position] = seenAt;
    this.place(position);
  }

  private place(position: number): void {
    const mask = this.table.length - 1;
    let at = this.lo[position] & mask;
    while (this.table[at] !== 0) at = (at + 1) & mask;
    this.table[at] = position + 1;
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
    this.enteredAt = order(this.enteredAt, new Float64Array(length));
    this.seenAt = order(this.seenAt, new Float64Array(length));
    this.head = 0;
    this.table = new Int32Array(length * 2);
    for (let position = 0; position < this.size; position++) this.place(position);
  }
}
