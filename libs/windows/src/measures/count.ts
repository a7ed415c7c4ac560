import { LimitedMeasure } from '../measure.js';

/** The number of entries in a window. */
export class CountMeasure extends LimitedMeasure {
  observed = 0;
  enter(): void {
    this.observed++;
  }
  leave(): void {
    this.observed--;
  }
}

/** The number of different values in a window. */
export class DistinctMeasure extends LimitedMeasure {
  private readonly occurrences = new Map<number, number>();

  enter(_time: number, value: number): void {
    this.occurrences.set(value, (this.occurrences.get(value) ?? 0) + 1);
  }

  leave(_time: number, value: number): void {
    const left = this.occurrences.get(value)! - 1;
    if (left === 0) this.occurrences.delete(value);
    else this.occurrences.set(value, left);
  }

  get observed(): number {
    return this.occurrences.size;
  }
}
