/** Holds for a value when every comparison does. */
export type Limits = Readonly<Partial<Record<'gt' | 'gte' | 'lt' | 'lte' | 'eq' | 'neq', number>>>;

export function meets({ gt, gte, lt, lte, eq, neq }: Limits, value: number): boolean {
  return (
    (gt === undefined || value > gt) &&
    (gte === undefined || value >= gte) &&
    (lt === undefined || value < lt) &&
    (lte === undefined || value <= lte) &&
    (eq === undefined || value === eq) &&
    (neq === undefined || value !== neq)
  );
}

/**
 * What the window of one group amounts to, kept up to date event by event. Events come in in the order of their times,
 * and leave in it. Which of several events of one instant comes in first makes no difference after the last of them.
 */
export interface Measure {
  enter(time: number, value: number): void;
  leave(time: number, value: number): void;
  /** Does the condition hold for the window that ends at `time` and is not empty? */
  holds(time: number): boolean;
  /** What `holds` looked at. */
  readonly observed: number;
  /** What a baseline let expect; null where there is none. */
  readonly expected: number | null;
  /** It has let go what it needs to go on: a new one takes in the events of the window again. Absent: never. */
  readonly isSpent?: boolean;
  /** When what `holds` says may change next without an event that comes in or leaves; absent: never. */
  changesAt?(): number;
}

/** A measure that is held against limits. */
export abstract class LimitedMeasure implements Measure {
  readonly expected = null;
  constructor(private readonly limits: Limits) {}

  abstract enter(time: number, value: number): void;
  abstract leave(time: number, value: number): void;
  abstract get observed(): number;

  holds(): boolean {
    return meets(this.limits, this.observed);
  }
}

/**
 * What is remembered of a group's events longer than they are kept: all that went before the oldest kept one. A measure
 * that has a memory begins with it.
 */
export interface Memory {
  /** Takes in the next event, in the order of times; of one instant, smaller values first. */
  learn(time: number, value: number): void;
  /** All of it, for a copy or a snapshot. */
  numbers(): number[];
}
