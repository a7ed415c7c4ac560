import { LimitedMeasure, type Limits } from '../measure.js';
import { SortedValues } from './sorted-values.js';
import { ValueSketch } from './value-sketch.js';

/** Up to so many values in a window their percentile is exact; beyond, it is a sketch's. */
export const exactValuesMax = 10_000;
/** Both are kept between these, so that a window about as large as the limit does not go to and fro. */
const sortedValuesMax = 12_000;
const sketchValuesMin = 8_000;

/**
 * A percentile of a window's values: the smallest one that so many percent of them do not exceed. The median of an even
 * number lies half way between the two in the middle.
 */
export class PercentileMeasure extends LimitedMeasure {
  private sorted: SortedValues | null = new SortedValues();
  private sketch: ValueSketch | null = null;
  private count = 0;

  constructor(
    private readonly percentile: number | 'median',
    limits: Limits,
  ) {
    super(limits);
  }

  enter(_time: number, value: number): void {
    this.count++;
    this.sorted?.add(value);
    this.sketch?.add(value);
    if (this.count > sortedValuesMax) this.sorted = null;
    else if (this.count > exactValuesMax && this.sketch === null) {
      this.sketch = new ValueSketch();
      for (const each of this.sorted!) this.sketch.add(each);
    }
  }

  leave(_time: number, value: number): void {
    this.count--;
    this.sorted?.remove(value);
    this.sketch?.remove(value);
    if (this.count < sketchValuesMin && this.sorted !== null) this.sketch = null;
  }

  get isSpent(): boolean {
    return this.sorted === null && this.count <= exactValuesMax;
  }

  get observed(): number {
    const values = this.count > exactValuesMax || this.sorted === null ? this.sketch! : this.sorted;
    if (this.percentile === 'median') return (values.at((this.count - 1) >> 1) + values.at(this.count >> 1)) / 2;
    return values.at(rankOf(this.percentile, this.count));
  }
}

/** Nearest rank, from 0. Not `percentile / 100 * count`: 7 % of 100 would be the eighth. */
export const rankOf = (percentile: number, count: number): number => Math.ceil((percentile * count) / 100) - 1;
