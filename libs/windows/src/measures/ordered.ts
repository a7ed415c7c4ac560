import { type Limits, type Measure, meets } from '../measure.js';

/** What begins or ends with an entry, where an input goes on for a time: it happens at every moment between the two. */
export const lasts = { begins: 1, ends: 2 } as const;
export type Lasts = 0 | (typeof lasts)[keyof typeof lasts];

/** The value of an entry of one of so many inputs. */
export const orderedValue = (input: number, inputs: number, lasting: Lasts): number => input + inputs * lasting;

/**
 * How many inputs occur in their order within a window: the longest chain of events of ascending inputs. Events of one
 * instant count as in order. A window need not be looked through: of every chain it is enough to know the latest start.
 * Inputs that go on are looked at where something happens: the moments of a chain can be moved to where one of its inputs
 * begins, ends or is an event.
 */
export class OrderedMeasure implements Measure {
  readonly expected = null;
  observed = 0;
  /** By last input and length less one: the latest start of such a chain. */
  private readonly starts: number[][];
  private instant = Number.NEGATIVE_INFINITY;
  /** Of the instant, ascending. */
  private now: number[] = [];
  /** How many times over each input goes on. */
  private readonly going: number[];
  private isLasting = false;

  constructor(
    private readonly inputs: number,
    private readonly timespanMs: number,
    private readonly limits: Limits,
  ) {
    this.going = new Array<number>(inputs).fill(0);
    this.starts = Array.from({ length: inputs }, () => new Array<number>(inputs).fill(Number.NEGATIVE_INFINITY));
  }

  enter(time: number, value: number): void {
    const input = value % this.inputs;
    if (time > this.instant) {
      this.instant = time;
      const goesOn = (of: number) => this.going[of] > 0 || of === input;
      this.now = this.isLasting ? [...this.going.keys()].filter(goesOn) : [input];
    } else if (this.now.includes(input)) {
      this.goOn(input, value);
      return;
    } else this.now = [...this.now, input].sort((a, b) => a - b);
    for (const last of this.now) this.lengthen(last, time);
    this.goOn(input, value);
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

  private goOn(input: number, value: number): void {
    if (value < this.inputs) return;
    this.isLasting = true;
    this.going[input] += value === orderedValue(input, this.inputs, lasts.begins) ? 1 : -1;
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
