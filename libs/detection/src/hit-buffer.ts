import { encodeMatches } from './match-batch.js';

/** Hits on their way to one partition of `weir.matches`, as growing columns; used again for batch after batch. */
export class HitBuffer {
  private count = 0;
  private times = new Float64Array(256);
  private origins = new Float64Array(256);
  private values = new Float64Array(256);
  private recordedAt = new Float64Array(256);
  private rules = new Uint32Array(256);
  private groupLo = new Uint32Array(256);
  private groupHi = new Uint32Array(256);
  private sorted = true;

  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** Where the next hit goes; the caller has hashed the group. */
  push(rule: number, lo: number, hi: number, time: number, recordedAt: number, origin: number, value: number): void {
    const at = this.count++;
    if (at === this.times.length) this.grow();
    this.times[at] = time;
    this.origins[at] = origin;
    this.values[at] = value;
    this.recordedAt[at] = recordedAt;
    this.rules[at] = rule;
    this.groupLo[at] = lo;
    this.groupHi[at] = hi;
    if (at > 0 && this.sorted) {
      const before = this.recordedAt[at - 1];
      this.sorted = recordedAt > before || (recordedAt === before && time >= this.times[at - 1]);
    }
  }

  /** Empties the buffer into one record, in the order of recording; what was recorded at one moment, by event time. */
  take(markMs: number, sources: readonly (readonly [string, number])[]): Buffer {
    const { count } = this;
    if (!this.sorted) this.sort();
    this.count = 0;
    this.sorted = true;
    const { times, origins, values, rules, groupLo, groupHi } = this;
    return encodeMatches({ markMs, sources, count, times, origins, values, rules, groupLo, groupHi });
  }

  private sort(): void {
    const { count, recordedAt, times } = this;
    const order = new Uint32Array(count);
    for (let i = 0; i < count; i++) order[i] = i;
    order.sort((a, b) => recordedAt[a] - recordedAt[b] || times[a] - times[b] || a - b);
    const arrange = <T extends Float64Array | Uint32Array>(column: T): T => {
      const arranged = new (column.constructor as new (length: number) => T)(column.length);
      for (let i = 0; i < count; i++) arranged[i] = column[order[i]];
      return arranged;
    };
    this.times = arrange(times);
    this.origins = arrange(this.origins);
    this.values = arrange(this.values);
    this.rules = arrange(this.rules);
    this.groupLo = arrange(this.groupLo);
    this.groupHi = arrange(this.groupHi);
  }

  private grow(): void {
    const larger = <T extends Float64Array | Uint32Array>(column: T): T => {
      const copy = new (column.constructor as new (length: number) => T)(column.length * 2);
      copy.set(column as never);
      return copy;
    };
    this.times = larger(this.times);
    this.origins = larger(this.origins);
    this.values = larger(this.values);
    this.recordedAt = larger(this.recordedAt);
    this.rules = larger(this.rules);
    this.groupLo = larger(this.groupLo);
    this.groupHi = larger(this.groupHi);
  }
}
