import type { Clock } from '#libs/clock';

/** A group on its way to the disk. */
export interface RecordedTicket {
  readonly recordedAt: number;
  readonly settled: Promise<void>;
  settle(): void;
}

/**
 * Gives groups the time at which the log recorded them, and lets them become readable in that order, whichever topic
 * they are of: so a reader that has seen one moment has seen all that was recorded before it.
 */
export class RecordedOrder {
  /** By recorded time. */
  readonly #inFlight = new Set<RecordedTicket>();
  #latest = Number.NEGATIVE_INFINITY;

  constructor(private readonly clock: Clock) {}

  /** The clock may have been set back since: times go on from what is stored. */
  notBefore(recordedAt: number): void {
    this.#latest = Math.max(this.#latest, recordedAt);
  }

  /** To be settled, whatever becomes of the group. */
  begin(): RecordedTicket {
    this.#latest = Math.max(this.#latest, this.clock.now());
    const { promise, resolve } = Promise.withResolvers<void>();
    const ticket: RecordedTicket = {
      recordedAt: this.#latest,
      settled: promise,
      settle: () => {
        this.#inFlight.delete(ticket);
        resolve();
      },
    };
    this.#inFlight.add(ticket);
    return ticket;
  }

  /** Resolves once everything recorded earlier is readable, or never will be. */
  async turn({ recordedAt }: RecordedTicket): Promise<void> {
    for (;;) {
      const [first] = this.#inFlight;
      if (first.recordedAt >= recordedAt) return;
      await first.settled;
    }
  }
}
