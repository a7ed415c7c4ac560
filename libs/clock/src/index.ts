/**
 * The only reader of the wall clock. Event time decides every result; what is read here feeds metrics, idle
 * timers and the log's own "recorded at".
 */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A clock that stands still until it is moved: for tests, backtests and replays. */
export class ManualClock implements Clock {
  constructor(private millis = 0) {}
  now(): number {
    return this.millis;
  }
  set(millis: number): void {
    this.millis = millis;
  }
  advance(millis: number): void {
    this.millis += millis;
  }
}
