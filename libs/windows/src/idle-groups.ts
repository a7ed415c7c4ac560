import { isSettled } from './episode-end.js';
import { word } from './group-table.js';
import type { WindowStore } from './window-store.js';

/** Groups looked at per time mark when looking for those to leave, and per insertion when the store is full. */
const sweepGroupsMax = 4096;
const evictSampleMax = 16;
/** So many, where all that were looked at have an alert. */
const evictLookMax = 256;

/** Lets groups go: those that no window needs any more, and, when the store is full, the one that was silent longest. */
export class IdleGroups {
  private at = 0;

  constructor(private readonly store: WindowStore) {}

  /** Looks at the next few groups; called at every time mark. */
  sweep(): void {
    const { groups, readUntilMs } = this.store;
    const count = Math.min(sweepGroupsMax, groups.slotsUsed);
    for (let i = 0; i < count; i++) {
      const slot = this.next();
      if (groups.has(slot) && this.isOver(slot, readUntilMs)) this.store.closeGroup(slot);
    }
  }

  /** Of a small sample, the group without an alert that was silent longest makes room; where nearly all have one, one of these. */
  evictOne(): void {
    const { groups, episodes, counters } = this.store;
    let victim = -1;
    let alerted = -1;
    for (let i = 0; i < evictSampleMax || (victim < 0 && (alerted < 0 || i < evictLookMax)); i++) {
      const slot = this.next();
      if (!groups.has(slot)) continue;
      if (episodes.has(slot)) alerted = this.longerSilent(alerted, slot);
      else victim = this.longerSilent(victim, slot);
    }
    if (victim < 0) victim = alerted;
    if (this.isNeeded(victim)) counters.evictedGroups++;
    this.store.closeGroup(victim);
  }

  /** -1: none. */
  private longerSilent(one: number, other: number): number {
    return one < 0 || this.silentSince(other) < this.silentSince(one) ? other : one;
  }

  /** Could a window still need what it holds, as time is now? */
  private isNeeded(slot: number): boolean {
    const { store } = this;
    return store.episodes.has(slot) || store.clockOf(slot) - store.groups.newest(slot) <= store.neededMs;
  }

  private next(): number {
    this.at = (this.at + 1) % this.store.groups.slotsUsed;
    return this.at;
  }

  /**
   * Was the group silent for so long, by the log's clock, that what comes now is not to be counted with it? Then it is forgotten,
   * sooner or later: that must make no difference, so it hangs on nothing but when the group's own events were recorded.
   */
  isOver(slot: number, recordedMs: number): boolean {
    const { store } = this;
    if (recordedMs - this.silentSince(slot) <= store.forgetMs) return false;
    // A silence that is waited for ends with the next event, however long it lasts.
    if (store.absence !== null) return false;
    if (store.late.has(slot)) store.settleGroup(slot);
    store.measured?.judge(slot);
    return isSettled(store, slot);
  }

  private silentSince(slot: number): number {
    return this.store.groups.get(slot, word.touchedAt) * 1000;
  }
}
