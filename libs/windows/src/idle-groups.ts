import { word } from './group-table.js';
import type { WindowStore } from './window-store.js';

/** A group leaves the moment no window can need it, but never before it was silent this long by the log's clock. */
const idleRecordedMs = 60_000;
/** Groups looked at per time mark when looking for those to leave, and per insertion when the store is full. */
const sweepGroupsMax = 4096;
const evictSampleMax = 16;

/** Lets groups go: those that no window needs any more, and, when the store is full, the one that was silent longest. */
export class IdleGroups {
  private at = 0;

  constructor(private readonly store: WindowStore) {}

  /** Looks at the next few groups; called at every time mark. */
  sweep(): void {
    const { groups } = this.store;
    const count = Math.min(sweepGroupsMax, groups.slotsUsed);
    for (let i = 0; i < count; i++) {
      const slot = this.next();
      if (groups.has(slot) && this.canLeave(slot)) this.store.closeGroup(slot);
    }
  }

  /** Of a small sample, the group without an alert that was silent longest makes room. */
  evictOne(): void {
    const { groups, episodes, counters } = this.store;
    let victim = -1;
    for (let i = 0; i < evictSampleMax || victim < 0; i++) {
      const slot = this.next();
      if (!groups.has(slot) || (i < groups.slotsUsed && episodes.has(slot))) continue;
      if (victim < 0 || this.silentSince(slot) < this.silentSince(victim)) victim = slot;
    }
    if (!this.canLeave(victim)) counters.evictedGroups++;
    this.store.closeGroup(victim);
  }

  private next(): number {
    this.at = (this.at + 1) % this.store.groups.slotsUsed;
    return this.at;
  }

  private canLeave(slot: number): boolean {
    const { store } = this;
    if (store.episodes.has(slot) || store.late.has(slot)) return false;
    const silentMs = store.recordedMs - this.silentSince(slot);
    const idleMs = Math.max(idleRecordedMs, store.spec.latenessMs);
    return silentMs > idleMs && store.clockOf(slot) - store.groups.newest(slot) > store.neededMs;
  }

  private silentSince(slot: number): number {
    return this.store.groups.get(slot, word.touchedAt) * 1000;
  }
}
