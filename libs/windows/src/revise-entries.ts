import { passEpisodes } from './episode-end.js';
import type { WindowEvent } from './event-runs.js';
import { mergeLate } from './late.js';
import { trimEvents } from './trim-events.js';
import type { Parent } from './window-spec.js';
import type { WindowStore } from './window-store.js';

/** Something happened that matters to a group of a revisable store, be it no entry of its own: its time moves on. */
export interface Touch {
  lo: number;
  hi: number;
  /** Event time, and when the log recorded it, ms. */
  time: number;
  recordedAt: number;
  parent: Parent | null;
}

/** The group's slot, opened where it was not there; -1: older than the group's newest by more than `reachMs`, and counted as late. */
export function touchGroup(store: WindowStore, { lo, hi, time, recordedAt, parent }: Touch, reachMs: number): number {
  const { groups } = store;
  store.markMs = Math.max(store.markMs, Math.min(time, recordedAt));
  const known = groups.find(lo, hi);
  if (known >= 0 && time < groups.newest(known) - reachMs) {
    store.counters.late++;
    return -1;
  }
  const slot = known >= 0 ? known : store.openGroup(lo, hi);
  if (parent !== null) store.parents.set(slot, parent.lo, parent.hi, parent.value);
  if (known < 0 || time > groups.newest(slot)) groups.setNewest(slot, time);
  store.touch(slot);
  return slot;
}

/** Takes entries of a group back and adds others; none may be older than its newest event by more than the store's reach. */
export function reviseEntries(
  store: WindowStore,
  slot: number,
  gone: readonly WindowEvent[],
  come: readonly WindowEvent[],
): void {
  const { runs, groups, spec } = store;
  const newest = groups.newest(slot);
  const old = runs.countUntil(slot, newest - store.keepMs);
  if (2 * old > runs.length(slot) || runs.length(slot) >= spec.eventsPerGroupMax) trimEvents(store, slot, newest);
  for (const episode of mergeLate(store, slot, [...come], gone)) store.changed(episode);
}

/** As the group's time is what it is now: closes what is over. */
export function passGroup(store: WindowStore, slot: number): void {
  if (store.episodes.has(slot)) passEpisodes(store, slot, store.groups.newest(slot));
}
