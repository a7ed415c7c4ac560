import type { OrderedHits, RuleHits } from './match-batch.js';
import { mergeRuns } from './merge-runs.js';

const initialHits = 16;

/** Hits of one rule that wait: growing columns, used batch after batch. */
export class HitBuffer implements OrderedHits {
  count = 0;
  times = new Float64Array(initialHits);
  origins = new Float64Array(initialHits);
  values = new Float64Array(initialHits);
  groupLo = new Int32Array(initialHits);
  groupHi = new Int32Array(initialHits);
  recordedAt = new Float64Array(initialHits);
  /** Where each stretch begins that is in the order of recording: one, unless partitions were read. */
  private runs: number[] = [];

  constructor(readonly rule: number) {}

  push(lo: number, hi: number, time: number, recordedAt: number, origin: number, value: number): void {
    const at = this.count;
    if (at === this.times.length) this.grow(at * 2);
    this.times[at] = time;
    this.origins[at] = origin;
    this.values[at] = value;
    this.groupLo[at] = lo;
    this.groupHi[at] = hi;
    this.recordedAt[at] = recordedAt;
    if (at === 0 || this.isBefore(at, at - 1)) this.runs.push(at);
    this.count++;
  }

  /** In which the hits were recorded; what was recorded at one moment, by event time. Null: as they stand. */
  get order(): Uint32Array | null {
    if (this.runs.length < 2) return null;
    return mergeRuns(this.runs, this.count, (a, b) => this.isBefore(a, b));
  }

  /** Takes back the hits of the event that came last. */
  discard(origin: number): void {
    while (this.count > 0 && this.origins[this.count - 1] === origin) {
      this.count--;
      if (this.runs.at(-1) === this.count) this.runs.pop();
    }
  }

  /** The same hits, standing in their order. */
  sorted(): RuleHits {
    const { order } = this;
    if (order === null) return this;
    const sorted = new HitBuffer(this.rule);
    for (const i of order) {
      const { groupLo, groupHi, times, recordedAt, origins, values } = this;
      sorted.push(groupLo[i], groupHi[i], times[i], recordedAt[i], origins[i], values[i]);
    }
    return sorted;
  }

  clear(): void {
    this.count = 0;
    this.runs = [];
  }

  private isBefore(a: number, b: number): boolean {
    const { recordedAt, times } = this;
    return recordedAt[a] < recordedAt[b] || (recordedAt[a] === recordedAt[b] && times[a] < times[b]);
  }

  private grow(capacity: number): void {
    this.times = longer(this.times, new Float64Array(capacity));
    this.origins = longer(this.origins, new Float64Array(capacity));
    this.values = longer(this.values, new Float64Array(capacity));
    this.groupLo = longer(this.groupLo, new Int32Array(capacity));
    this.groupHi = longer(this.groupHi, new Int32Array(capacity));
    this.recordedAt = longer(this.recordedAt, new Float64Array(capacity));
  }
}

function longer<T extends Float64Array | Int32Array>(column: T, into: T): T {
  into.set(column);
  return into;
}
