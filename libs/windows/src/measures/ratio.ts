import { type Limits, type Measure, meets } from '../measure.js';

/** Entries that have left all shorter windows go when there are so many of them. */
const goneMax = 1024;

interface Counted {
  windowMs: number;
  /** Events of the first input, and of the second. */
  counts: [part: number, whole: number];
  /** The oldest entry that the window holds; of the longest it is the caller who says what leaves. */
  head: number;
}

/** The share that the first input's events (value 0) are of the second's (value 1), in every one of several windows. */
export class RatioMeasure implements Measure {
  readonly expected = null;
  private readonly longest: Counted['counts'] = [0, 0];
  private readonly shorter: Counted[];
  private times: number[] = [];
  private values: number[] = [];

  /** `windowsMs`: ascending; the last is the window whose events come in and leave. */
  constructor(
    windowsMs: readonly number[],
    private readonly minimum: number,
    private readonly limits: Limits,
  ) {
    this.shorter = windowsMs.slice(0, -1).map((windowMs) => ({ windowMs, counts: [0, 0], head: 0 }));
  }

  enter(time: number, value: number): void {
    this.longest[value]++;
    if (this.shorter.length === 0) return;
    this.times.push(time);
    this.values.push(value);
    for (const { counts } of this.shorter) counts[value]++;
    this.passTo(time);
  }

  leave(_time: number, value: number): void {
    this.longest[value]--;
  }

  /** Of the longest window. */
  get observed(): number {
    return this.longest[0] / Math.max(1, this.longest[1]);
  }

  holds(time: number): boolean {
    this.passTo(time);
    return this.meets(this.longest) && this.shorter.every(({ counts }) => this.meets(counts));
  }

  changesAt(): number {
    return this.shorter.reduce((next, { windowMs, head }) => {
      return head < this.times.length ? Math.min(next, this.times[head] + windowMs) : next;
    }, Number.POSITIVE_INFINITY);
  }

  private meets([part, whole]: Counted['counts']): boolean {
    return whole > 0 && whole >= this.minimum && meets(this.limits, part / whole);
  }

  private passTo(time: number): void {
    for (const window of this.shorter) {
      while (window.head < this.times.length && this.times[window.head] <= time - window.windowMs) {
        window.counts[this.values[window.head++]]--;
      }
    }
    const gone = this.shorter.at(-1)?.head ?? 0;
    if (gone < goneMax || gone < this.times.length / 2) return;
    this.times = this.times.slice(gone);
    this.values = this.values.slice(gone);
    for (const window of this.shorter) window.head -= gone;
  }
}
