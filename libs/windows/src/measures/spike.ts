import type { Measure, Memory } from '../measure.js';
import { CountMeasure } from './count.js';
import { PercentileMeasure } from './percentile.js';
import { SumMeasure } from './sum.js';

/** What is counted, and when that is a spike. */
export interface SpikeSpec {
  of: { kind: 'count' } | { kind: 'sum' } | { kind: 'percentile'; percentile: number };
  baselineMs: number;
  factor: number | null;
  deviations: number | null;
  minimum: number;
}

const measureOf = (of: SpikeSpec['of']): Measure => {
  if (of.kind === 'count') return new CountMeasure({});
  return of.kind === 'sum' ? new SumMeasure('sum', {}) : new PercentileMeasure(of.percentile, {});
};

/**
 * A group's baseline: what its events amounted to in every stretch [k·T, (k+1)·T), T being the timespan. An event in
 * stretch k is compared with the stretches that were over when its window began, k − 2 and before, as far back as the
 * baseline goes and the group was seen in it.
 */
export class Baseline implements Memory {
  /** Stretches with events that are over: number and amount. */
  private past: [stretch: number, amount: number][] = [];
  private current = Number.NEGATIVE_INFINITY;
  private count = 0;
  private values: number[] = [];
  private readonly stretches: number;

  constructor(
    private readonly spec: SpikeSpec,
    private readonly timespanMs: number,
    numbers: readonly number[],
  ) {
    this.stretches = Math.max(1, Math.floor(spec.baselineMs / timespanMs));
    if (numbers.length === 0) return;
    const [current, count, values] = numbers;
    this.current = current;
    this.count = count;
    this.values = numbers.slice(3, 3 + values);
    for (let i = 3 + values; i < numbers.length; i += 2) this.past.push([numbers[i], numbers[i + 1]]);
  }

  learn(time: number, value: number): void {
    const stretch = Math.floor(time / this.timespanMs);
    if (stretch > this.current) {
      if (this.count > 0) this.past.push([this.current, this.amount()]);
      this.current = stretch;
      this.count = 0;
      this.values = [];
      const oldest = stretch - 1 - this.stretches;
      while (this.past.length > 0 && this.past[0][0] < oldest) this.past.shift();
    }
    this.count++;
    if (this.spec.of.kind !== 'count') this.values.push(value);
  }

  /** Mean and standard deviation for events of the newest stretch; null where the group was not seen before. */
  expectation(): { mean: number; deviation: number } | null {
    const last = this.current - 2;
    const amounts = this.past.flatMap(([stretch, amount]) => (stretch <= last ? [amount] : []));
    if (amounts.length === 0) return null;
    // Where nothing came there is no percentile; a count or a sum is zero.
    const count = this.spec.of.kind === 'percentile' ? amounts.length : last - this.past[0][0] + 1;
    const mean = amounts.reduce((sum, amount) => sum + amount, 0) / count;
    const squares = amounts.reduce((sum, amount) => sum + (amount - mean) ** 2, 0);
    return { mean, deviation: Math.sqrt((squares + (count - amounts.length) * mean ** 2) / count) };
  }

  numbers(): number[] {
    return [this.current, this.count, this.values.length, ...this.values, ...this.past.flat()];
  }

  private amount(): number {
    if (this.spec.of.kind === 'count') return this.count;
    const measure = measureOf(this.spec.of);
    for (const value of this.values) measure.enter(0, value);
    return measure.observed;
  }
}

/** A window's count, sum or percentile against the group's own baseline. */
export class SpikeMeasure implements Measure {
  expected: number | null = null;
  private deviation = 0;
  private stretch = Number.NEGATIVE_INFINITY;
  private readonly measure: Measure;

  constructor(
    private readonly spec: SpikeSpec,
    private readonly timespanMs: number,
    private readonly baseline: Baseline,
  ) {
    this.measure = measureOf(spec.of);
  }

  enter(time: number, value: number): void {
    this.measure.enter(time, value);
    this.baseline.learn(time, value);
    const stretch = Math.floor(time / this.timespanMs);
    if (stretch === this.stretch) return;
    this.stretch = stretch;
    const expectation = this.baseline.expectation();
    this.expected = expectation?.mean ?? null;
    this.deviation = expectation?.deviation ?? 0;
  }

  leave(time: number, value: number): void {
    this.measure.leave(time, value);
  }

  get observed(): number {
    return this.measure.observed;
  }

  holds(): boolean {
    const { expected, observed } = this;
    const { factor, deviations, minimum } = this.spec;
    if (expected === null || observed < minimum || observed <= expected) return false;
    return (
      (factor !== null && observed >= factor * expected) ||
      (deviations !== null && observed >= expected + deviations * this.deviation)
    );
  }
}
