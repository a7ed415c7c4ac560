import type { EvidenceRef } from './episode.js';
import type { EventRuns } from './event-runs.js';

/** By the origin of an entry that stands for an episode of another rule: the events that opened that one. */
export class Proofs {
  private readonly byOrigin = new Map<number, readonly EvidenceRef[]>();

  constructor(private readonly runs: EventRuns) {}

  of(origin: number): readonly EvidenceRef[] | undefined {
    return this.byOrigin.size === 0 ? undefined : this.byOrigin.get(origin);
  }

  set(origin: number, proof: readonly EvidenceRef[]): void {
    this.byOrigin.set(origin, proof);
  }

  delete(origin: number): void {
    this.byOrigin.delete(origin);
  }

  /** The group's `count` oldest entries are let go. */
  drop(slot: number, count: number): void {
    if (this.byOrigin.size === 0) return;
    for (let i = 0; i < count; i++) this.byOrigin.delete(this.runs.origin(slot, i));
  }

  /** All of them, for a snapshot. */
  entries(): [origin: number, proof: readonly EvidenceRef[]][] {
    return [...this.byOrigin];
  }
}
