import { LimitedMeasure, type Limits } from '../measure.js';
import { ExactSum } from './exact-sum.js';

/** The sum of a window's values, or their average. */
export class SumMeasure extends LimitedMeasure {
  private readonly sum = new ExactSum();
  private count = 0;

  constructor(
    private readonly kind: 'sum' | 'average',
    limits: Limits,
  ) {
    super(limits);
  }

  enter(_time: number, value: number): void {
    this.sum.add(value);
    this.count++;
  }

  leave(_time: number, value: number): void {
    this.sum.add(-value);
    this.count--;
  }

  get observed(): number {
    return this.kind === 'sum' ? this.sum.value : this.sum.value / this.count;
  }
}
