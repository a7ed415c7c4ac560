import type { WindowEvent } from './event-runs.js';

/** Late events of each group, waiting for the end of the batch: many of them then cost one pass. */
export class LateEvents {
  private readonly waiting = new Map<number, { oldest: number; events: WindowEvent[] }>();

  add(slot: number, event: WindowEvent): void {
    const waiting = this.waiting.get(slot);
    if (waiting === undefined) this.waiting.set(slot, { oldest: event.time, events: [event] });
    else {
      waiting.events.push(event);
      waiting.oldest = Math.min(waiting.oldest, event.time);
    }
  }

  has(slot: number): boolean {
    return this.waiting.has(slot);
  }

  /** Time of the oldest that waits; Infinity where none does. */
  oldest(slot: number): number {
    return this.waiting.size === 0 ? Number.POSITIVE_INFINITY : (this.waiting.get(slot)?.oldest ?? Infinity);
  }

  slots(): Iterable<number> {
    return this.waiting.keys();
  }

  /** Hands out what waits, which waits no longer. */
  take(slot: number): WindowEvent[] {
    const events = this.waiting.get(slot)?.events ?? [];
    this.waiting.delete(slot);
    return events;
  }
}
