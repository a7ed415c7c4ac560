import type { EvidenceRef } from './episode.js';
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
  const known = store.known(groups.find(lo, hi), recordedAt);
  if (known >= 0 && time < groups.newest(known) - reachMs) {
    store.counters.late++;
    return -1;
  }
  const slot = known >= 0 ? known : store.openGroup(lo, hi);
  if (parent !== null) store.parents.set(slot, parent.lo, parent.hi, parent.value);
  if (known < 0 || time > groups.newest(slot)) groups.setNewest(slot, time);
  store.touch(slot, recordedAt);
  return slot;
}

/** An event of the rule's own, or an episode of another rule: then its origin is its name, and `proof` the events that opened it. */
export interface Entry extends WindowEvent {
  proof?: readonly EvidenceRef[];
}

/** Takes entries of a group back and adds others. One that is there already is not there twice; one out of reach is late. */
export function reviseEntries(store: WindowStore, slot: number, gone: readonly Entry[], come: readonly Entry[]): void {
  const { runs, groups, spec, proofs, counters } = store;
  const newest = groups.newest(slot);
  const old = runs.countUntil(slot, newest - store.keepMs);
  if (2 * old > runs.length(slot) || runs.length(slot) >= spec.eventsPerGroupMax) trimEvents(store, slot, newest);
  const [goneNow, comeNow] = [gone, come].map((entries) =>
    entries.filter(({ time }) => time >= newest - store.reachMs),
  );
  counters.late += come.length - comeNow.length;
  const back = new Set(goneNow.map(({ origin }) => origin));
  const added = comeNow.filter(
    ({ time, origin, proof }) => proof === undefined || back.has(origin) || runs.indexOf(slot, time, origin) < 0,
  );
  for (const { origin } of goneNow) proofs.delete(origin);
  for (const { origin, proof } of added) if (proof !== undefined) proofs.set(origin, proof);
  for (const episode of mergeLate(store, slot, added, goneNow)) store.changed(episode);
}

/** Other events prove an entry that is there: what it is part of names them from now on. */
export function reprove(
  store: WindowStore,
  group: Pick<Touch, 'lo' | 'hi'>,
  { time, origin, proof = [] }: Entry,
): void {
  const before = store.proofs.of(origin);
  if (before === undefined || isSameProof(before, proof)) return;
  store.proofs.set(origin, proof);
  const slot = store.groups.find(group.lo, group.hi);
  for (const episode of store.episodes.get(slot) ?? []) {
    const isOver = time >= episode.holdUntil + store.spec.quietMs;
    if (episode.state !== 'merged' && time >= episode.firstSeen && !isOver) store.changed(episode);
  }
}

const isSameProof = (a: readonly EvidenceRef[], b: readonly EvidenceRef[]): boolean =>
  a.length === b.length && a.every(({ origin }, i) => origin === b[i].origin);

/** As the group's time is what it is now: closes what is over. */
export function passGroup(store: WindowStore, slot: number): void {
  if (store.episodes.has(slot)) passEpisodes(store, slot, store.groups.newest(slot));
}
