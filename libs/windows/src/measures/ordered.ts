import { type Limits, type Measure, meets } from '../measure.js';

/**
 * How many inputs occur in their order within a window: the longest chain of events of ascending inputs. Events of one
 * instant count as in order. A window need not be looked through: of every chain it is enough to know the latest start.
 */
export class OrderedMeasure implements Measure {
  readonly expected = null;
  observed = 0;
  /** By last input and length less one: the latest start of such a chain. */
  private readonly starts: number[][];
  private instant = Number.NEGATIVE_INFINITY;
  /** Of the instant, ascending. */
  private inputs: number[] = [];

  constructor(
    inputs: number,
    private readonly timespanMs: number,
    private readonly limits: Limits,
  ) {
    this.starts = Array.from({ length: inputs }, () => new Array<number>(inputs).fill(Number.NEGATIVE_INFINITY));
  }

  enter(time: number, input: number): void {
    if (time > this.instant) {
      this.instant = time;
      this.inputs = [];
    }
    if (this.inputs.includes(input)) return;
    this.inputs.push(input);
    this.inputs.sort((a, b) => a - b);
    for (const last of this.inputs) this.lengthen(last, time);
  }

  leave(): void {
    // Chains that begin before the window are not looked at.
  }

  holds(time: number): boolean {
    const from = time - this.timespanMs;
    this.observed = 0;
    for (const byLength of this.starts) {
      for (let length = this.observed; length < byLength.length; length++) {
        if (byLength[length] > from) this.observed = length + 1;
      }
    }
    return meets(this.limits, this.observed);
  }

  private lengthen(last: number, time: number): void {
    const byLength = this.starts[last];
    byLength[0] = time;
    for (let before = 0; before < last; before++) {
      for (let length = 1; length <= before + 1; length++) {
        byLength[length] = Math.max(byLength[length], this.starts[before][length - 1]);
      }
    }
  }
}
