/** The same is said once in this time. */
const SAY_EVERY_MS = 10_000;

/** Keeps what fails again and again from filling the log: of each kind one line in ten seconds, with a count. */
export class Repeats {
  private readonly kinds = new Map<string, { saidMs: number; held: number }>();

  constructor(private readonly clock: { now(): number }) {}

  /**
   * Calls `say`, with how many were held back since it was called for this kind last; or holds this one back, too.
   * Kinds are kept, so there must be few: codes, not messages.
   */
  once(kind: string, say: (held: number) => void): void {
    const now = this.clock.now();
    const known = this.kinds.get(kind);
    if (known && Math.abs(now - known.saidMs) < SAY_EVERY_MS) {
      known.held++;
      return;
    }
    this.kinds.set(kind, { saidMs: now, held: 0 });
    say(known?.held ?? 0);
  }
}
