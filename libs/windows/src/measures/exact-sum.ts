/**
 * A sum of floating-point numbers without rounding errors: taking away what was added leaves no trace, and the order
 * makes no difference. What one double can't hold is kept in further ones (J. R. Shewchuk, Adaptive Precision
 * Floating-Point Arithmetic, 1997). Summands up to 1e300.
 */
export class ExactSum {
  private total = 0;
  /** Doubles that don't overlap, by ascending magnitude; null: `total` is all. */
  private parts: number[] | null = null;

  add(x: number): void {
    if (this.parts === null) {
      const { total } = this;
      const sum = total + x;
      const virtual = sum - total;
      const error = total - (sum - virtual) + (x - virtual);
      if (error === 0) {
        this.total = sum;
        return;
      }
      this.parts = [error, sum];
      return;
    }
    this.addToParts(this.parts, x);
    if (this.parts.length > 1) return;
    this.total = this.parts[0] ?? 0;
    this.parts = null;
  }

  /** The sum, rounded once. */
  get value(): number {
    const { parts } = this;
    if (parts === null) return this.total;
    let at = parts.length - 1;
    let high = parts[at];
    let low = 0;
    while (at > 0 && low === 0) {
      const x = high;
      const y = parts[--at];
      high = x + y;
      low = y - (high - x);
    }
    // Half way between two doubles what comes below decides.
    if (at > 0 && Math.sign(low) === Math.sign(parts[at - 1])) {
      const doubled = low * 2;
      const nudged = high + doubled;
      if (doubled === nudged - high) return nudged;
    }
    return high;
  }

  private addToParts(parts: number[], summand: number): void {
    let x = summand;
    let kept = 0;
    for (const part of parts) {
      const [large, small] = Math.abs(x) < Math.abs(part) ? [part, x] : [x, part];
      x = large + small;
      const error = small - (x - large);
      if (error !== 0) parts[kept++] = error;
    }
    parts.length = kept;
    if (x !== 0) parts.push(x);
  }
}
