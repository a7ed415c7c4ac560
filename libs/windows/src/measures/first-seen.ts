import { LimitedMeasure, type Limits, type Memory } from '../measure.js';

/** Values remembered for one group at most; beyond it the one that was not seen longest is forgotten. */
export const seenValuesMax = 10_000;

/** When each value was last seen, as long as that is within the history. */
export class SeenValues implements Memory {
  /** Oldest first. */
  private readonly last = new Map<number, number>();

  /** `numbers`: of another that is to be gone on with. */
  constructor(
    private readonly historyMs: number,
    numbers: readonly number[],
    private readonly forgotten: () => void,
  ) {
    for (let i = 0; i < numbers.length; i += 2) this.last.set(numbers[i], numbers[i + 1]);
  }

  /** Was the value seen in (time − history, time]? */
  has(time: number, value: number): boolean {
    const last = this.last.get(value);
    return last !== undefined && last > time - this.historyMs;
  }

  learn(time: number, value: number): void {
    this.last.delete(value);
    this.last.set(value, time);
    for (const [old, last] of this.last) {
      if (last > time - this.historyMs && this.last.size <= seenValuesMax) return;
      if (last > time - this.historyMs) this.forgotten();
      this.last.delete(old);
    }
  }

  numbers(): number[] {
    return [...this.last].flat();
  }
}

/** The number of values in a window that were not seen before. */
export class FirstSeenMeasure extends LimitedMeasure {
  /** Times of the values' first events. */
  private firsts: number[] = [];

  constructor(
    private readonly seen: SeenValues,
    limits: Limits,
  ) {
    super(limits);
  }

  enter(time: number, value: number): void {
    if (!this.seen.has(time, value)) this.firsts.push(time);
    this.seen.learn(time, value);
  }

  leave(time: number): void {
    while (this.firsts.length > 0 && this.firsts[0] <= time) this.firsts.shift();
  }

  get observed(): number {
    return this.firsts.length;
  }
}
