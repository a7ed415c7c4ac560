import { type Limits, type Measure, meets } from '../measure.js';

/** The percentage of a window's entries that have one value: holds when that of some value meets the limits. */
export class ShareMeasure implements Measure {
  readonly expected = null;
  /** The largest percentage that meets the limits. */
  observed = 0;
  private count = 0;
  private readonly occurrences = new Map<number, number>();
  /** How many values occur so often: few different numbers, however many values there are. */
  private readonly values = new Map<number, number>();

  constructor(private readonly limits: Limits) {}

  enter(_time: number, value: number): void {
    this.count++;
    this.change(value, 1);
  }

  leave(_time: number, value: number): void {
    this.count--;
    this.change(value, -1);
  }

  holds(): boolean {
    this.observed = Number.NEGATIVE_INFINITY;
    for (const often of this.values.keys()) {
      const share = (100 * often) / this.count;
      if (share > this.observed && meets(this.limits, share)) this.observed = share;
    }
    return this.observed >= 0;
  }

  private change(value: number, by: 1 | -1): void {
    const before = this.occurrences.get(value) ?? 0;
    const after = before + by;
    if (before > 0) this.bump(before, -1);
    if (after > 0) this.bump(after, 1);
    if (after > 0) this.occurrences.set(value, after);
    else this.occurrences.delete(value);
  }

  private bump(often: number, by: 1 | -1): void {
    const left = (this.values.get(often) ?? 0) + by;
    if (left > 0) this.values.set(often, left);
    else this.values.delete(often);
  }
}
