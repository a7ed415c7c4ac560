/** A value that the sketch gives differs from the true one by this share of it at most. */
export const sketchError = 0.005;

const gamma = (1 + sketchError) / (1 - sketchError);
const logGamma = Math.log(gamma);
/** Keys of positive values lie above 0 and those of negative ones below, whatever their magnitude. */
const keySpan = 100_000;
/** Smaller magnitudes count as zero. */
const magnitudeMin = 1e-300;

/**
 * How many values fall between neighbouring powers of γ: gives any rank's value within `sketchError`. This is DDSketch
 * (Masson, Rim, Lee, 2019) with removal, which sliding windows need and the packages of it don't have.
 */
export class ValueSketch {
  size = 0;
  /** Ascending, and the count of each. */
  private readonly keys: number[] = [];
  private readonly counts: number[] = [];

  add(value: number): void {
    this.change(keyOf(value), 1);
  }

  /** One that was added. */
  remove(value: number): void {
    this.change(keyOf(value), -1);
  }

  /** By rank, from 0. */
  at(rank: number): number {
    let before = 0;
    for (let i = 0; i < this.keys.length; i++) {
      before += this.counts[i];
      if (rank < before) return valueAt(this.keys[i]);
    }
    return Number.NaN;
  }

  private change(key: number, by: 1 | -1): void {
    this.size += by;
    const { keys, counts } = this;
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    if (keys[low] !== key) {
      keys.splice(low, 0, key);
      counts.splice(low, 0, by);
      return;
    }
    counts[low] += by;
    if (counts[low] > 0) return;
    keys.splice(low, 1);
    counts.splice(low, 1);
  }
}

function keyOf(value: number): number {
  const magnitude = Math.abs(value);
  if (magnitude < magnitudeMin) return 0;
  return Math.sign(value) * (Math.ceil(Math.log(magnitude) / logGamma) + keySpan);
}

function valueAt(key: number): number {
  if (key === 0) return 0;
  return (Math.sign(key) * 2 * Math.exp((Math.abs(key) - keySpan) * logGamma)) / (gamma + 1);
}
