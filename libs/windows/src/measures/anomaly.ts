import type { Measure, Memory } from '../measure.js';

export interface AnomalySpec {
  deviations: number;
  minimum: number;
}

/** What a series has shown is forgotten when nothing came for so long. */
export const seriesMemoryMs = 30 * 86_400_000;
/** The newest value weighs one part in so many, once there are so many. */
const weightMax = 64;
const hourMs = 3_600_000;
const hours = 24;

/** Exponentially weighted mean and variance. */
interface Level {
  count: number;
  mean: number;
  variance: number;
}

/** What a series of values has shown so far: its level in each hour of the day (UTC), and over all. */
export class SeriesLevels implements Memory {
  /** By hour, and last over all. */
  private levels: (Level | undefined)[] = [];
  private newest = Number.NEGATIVE_INFINITY;

  constructor(numbers: readonly number[]) {
    if (numbers.length === 0) return;
    this.newest = numbers[0];
    for (let i = 1; i < numbers.length; i += 4) {
      this.levels[numbers[i]] = { count: numbers[i + 1], mean: numbers[i + 2], variance: numbers[i + 3] };
    }
  }

  /** The level to hold a value of that time against: the hour's once it holds `minimum` values, else the overall one. */
  at(time: number, minimum: number): Level | undefined {
    if (time > this.newest + seriesMemoryMs) return undefined;
    return [this.levels[hourOf(time)], this.levels[hours]].find(
      (level) => level !== undefined && level.count >= minimum,
    );
  }

  learn(time: number, value: number): void {
    if (time > this.newest + seriesMemoryMs) this.levels = [];
    this.newest = time;
    for (const which of [hourOf(time), hours]) {
      const level = (this.levels[which] ??= { count: 0, mean: 0, variance: 0 });
      level.count++;
      const weight = 1 / Math.min(level.count, weightMax);
      const off = value - level.mean;
      level.mean += weight * off;
      level.variance = (1 - weight) * (level.variance + weight * off * off);
    }
  }

  numbers(): number[] {
    const kept = [...this.levels.entries()].flatMap(([which, level]) =>
      level === undefined ? [] : [which, level.count, level.mean, level.variance],
    );
    return [this.newest, ...kept];
  }
}

const hourOf = (time: number): number => Math.floor(time / hourMs) % hours;

/** Holds while a window has a value that is far from what its series had shown before that instant. */
export class AnomalyMeasure implements Measure {
  private instant = Number.NEGATIVE_INFINITY;
  /** Values of the instant: the series learns them when it is over, whatever order they came in. */
  private values: number[] = [];
  private outliers: { time: number; value: number; mean: number }[] = [];

  constructor(
    private readonly spec: AnomalySpec,
    private readonly series: SeriesLevels,
  ) {}

  enter(time: number, value: number): void {
    if (time > this.instant) {
      for (const past of this.values.sort((a, b) => a - b)) this.series.learn(this.instant, past);
      this.instant = time;
      this.values = [];
    }
    this.values.push(value);
    const level = this.series.at(time, this.spec.minimum);
    if (level === undefined) return;
    const off = Math.abs(value - level.mean);
    if (off === 0 || off < this.spec.deviations * Math.sqrt(level.variance)) return;
    const last = this.outliers.at(-1);
    if (last?.time !== time) this.outliers.push({ time, value, mean: level.mean });
    else if (isFarther(off, value, Math.abs(last.value - level.mean), last.value)) last.value = value;
  }

  leave(time: number): void {
    while (this.outliers.length > 0 && this.outliers[0].time <= time) this.outliers.shift();
  }

  holds(): boolean {
    return this.outliers.length > 0;
  }

  /** The newest outlier; of one instant, the farthest. */
  get observed(): number {
    return this.outliers.at(-1)?.value ?? 0;
  }

  get expected(): number | null {
    return this.outliers.at(-1)?.mean ?? null;
  }
}

const isFarther = (off: number, value: number, other: number, otherValue: number): boolean =>
  off > other || (off === other && value > otherValue);
