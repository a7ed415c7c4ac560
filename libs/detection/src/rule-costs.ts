import type { PlannedDetection } from './plan.js';

/** One event of so many is measured; a prime, lest traffic has the same rhythm. */
const sampledEvery = 997;

/**
 * What it costs to evaluate each detection, from a sample of events. Whoever reads a field of an event first pays for
 * finding it.
 */
export class RuleCosts {
  private events = 0;
  private dispatchMs = 0;
  private milliseconds = new Map<PlannedDetection, number>();

  /** Is this event one of the sample? */
  isDue(): boolean {
    return this.events++ % sampledEvery === 0;
  }

  /** What it takes to find out which detections an event may match, for all of them together. */
  measureDispatch<T>(dispatch: () => T): T {
    const from = performance.now();
    const candidates = dispatch();
    this.dispatchMs += performance.now() - from;
    return candidates;
  }

  measure(detection: PlannedDetection, evaluate: () => void): void {
    const from = performance.now();
    evaluate();
    const spent = performance.now() - from;
    this.milliseconds.set(detection, (this.milliseconds.get(detection) ?? 0) + spent);
  }

  /** Seconds since the last call, as the sample has it for all events. */
  takeDispatch(): number {
    const seconds = (this.dispatchMs / 1000) * sampledEvery;
    this.dispatchMs = 0;
    return seconds;
  }

  /** Seconds by name of the detection since the last call, as the sample has it for all events. */
  take(): Map<string, number> {
    const seconds = new Map<string, number>();
    for (const [{ detection }, milliseconds] of this.milliseconds) {
      const { name } = detection.info;
      seconds.set(name, (seconds.get(name) ?? 0) + (milliseconds / 1000) * sampledEvery);
    }
    this.milliseconds = new Map();
    return seconds;
  }
}
