import type { EventRuns } from './event-runs.js';

/** Up to here a scan of the window beats a map. */
const scanMax = 32;

/**
 * The number of distinct values among the newest events of each slot's run. Small windows are scanned in place; large
 * ones get a map from value to occurrences, dropped again when they shrink.
 */
export class DistinctCounter {
  private readonly occurrences = new Map<number, Map<number, number>>();

  constructor(private readonly runs: EventRuns) {}

  /** Does adding `value` to the window [from, to) of the run add a distinct value? */
  enter(slot: number, from: number, to: number, value: number): 0 | 1 {
    let map = this.occurrences.get(slot);
    if (map === undefined && to - from > scanMax) {
      map = new Map();
      for (let i = from; i < to; i++) bump(map, this.runs.value(slot, i), 1);
      this.occurrences.set(slot, map);
    }
    if (map !== undefined) return bump(map, value, 1) === 1 ? 1 : 0;
    return this.holds(slot, from, to, value) ? 0 : 1;
  }

  /** Does taking `value` away, so that [from, to) remains, take away a distinct value? */
  leave(slot: number, from: number, to: number, value: number): 0 | 1 {
    const map = this.occurrences.get(slot);
    if (map === undefined) return this.holds(slot, from, to, value) ? 0 : 1;
    const left = bump(map, value, -1);
    if (left === 0) map.delete(value);
    if (to - from <= scanMax / 2) this.occurrences.delete(slot);
    return left === 0 ? 1 : 0;
  }

  /** Counts [from, to) afresh. */
  recount(slot: number, from: number, to: number): number {
    this.occurrences.delete(slot);
    const map = new Map<number, number>();
    for (let i = from; i < to; i++) bump(map, this.runs.value(slot, i), 1);
    if (to - from > scanMax) this.occurrences.set(slot, map);
    return map.size;
  }

  forget(slot: number): void {
    if (this.occurrences.size > 0) this.occurrences.delete(slot);
  }

  private holds(slot: number, from: number, to: number, value: number): boolean {
    for (let i = to - 1; i >= from; i--) if (this.runs.value(slot, i) === value) return true;
    return false;
  }
}

function bump(map: Map<number, number>, value: number, by: number): number {
  const count = (map.get(value) ?? 0) + by;
  map.set(value, count);
  return count;
}
