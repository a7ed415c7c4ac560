import type { Episode } from './episode.js';
import { passEpisodes } from './episode-end.js';
import { type FireRun, fireRunOf } from './fire-run.js';
import { addFire } from './fire-slices.js';
import { word } from './group-table.js';
import type { WindowStore } from './window-store.js';

/**
 * The condition holds while a group's window is empty: from one timespan after an event until the next event. What
 * ends with an event is seen when that comes; that a group is silent still is seen when the log's time has moved on by
 * the timespan and the lateness since its newest event.
 */
export class AbsenceWindows {
  /** Groups to be looked at, by the second of mark time. A group is in one place at most. */
  private readonly due = new Map<number, number[]>();
  private readonly awaited = new Set<number>();

  constructor(private readonly store: WindowStore) {}

  /** Before the group's time moves on to `time`: was it silent until then? */
  pass(slot: number, time: number): void {
    const { store } = this;
    const silentFrom = store.groups.newest(slot) + store.spec.timespanMs;
    if (store.runs.length(slot) === 0) return;
    if (time <= silentFrom) {
      this.takeBack(slot);
      return;
    }
    if (store.episodes.has(slot)) passEpisodes(store, slot, silentFrom);
    store.fire(slot, { time: silentFrom, holdUntil: time, observed: 0, expected: null });
  }

  /** The next event of a group, not older than its newest. */
  append(slot: number, time: number, origin: number, value: number, hasEpisode: boolean): void {
    const { runs, groups } = this.store;
    const length = runs.length(slot);
    const isSameInstant = length > 0 && groups.newest(slot) === time;
    runs.append(slot, time, origin, value);
    // What an alert begins with: the events of the last instant before the silence.
    groups.set(slot, word.held, isSameInstant ? groups.get(slot, word.held) + 1 : 1);
    if (hasEpisode) this.store.noteEvent(slot, length);
    this.await(slot);
  }

  /** Opens what has fallen silent by now. */
  advance(): void {
    const { store } = this;
    const now = Math.floor(store.markMs / 1000);
    for (const [second, slots] of this.due) {
      if (second > now) continue;
      this.due.delete(second);
      for (const slot of slots) {
        this.awaited.delete(slot);
        if (!store.groups.has(slot) || this.isSilent(slot)) continue;
        if (this.dueSecond(slot) > now) this.await(slot);
        else {
          const time = store.groups.newest(slot) + store.spec.timespanMs;
          if (store.episodes.has(slot)) passEpisodes(store, slot, time);
          store.fire(slot, { time, holdUntil: Number.POSITIVE_INFINITY, observed: 0, expected: null });
        }
      }
    }
  }

  recount(slot: number): void {
    const { runs, groups } = this.store;
    groups.set(slot, word.held, runs.length(slot) - runs.countBefore(slot, groups.newest(slot)));
    this.await(slot);
  }

  forget(): void {
    // The group's record is all there is.
  }

  /** As `sweep` does. */
  sweep(slot: number, from: number, held: FireRun | null, until: number): FireRun[] {
    const { runs, spec } = this.store;
    const found: FireRun[] = held === null ? [] : [fireRunOf(held)];
    let i = runs.countBefore(slot, from);
    let silentFrom = held !== null ? from : i === 0 ? Infinity : runs.time(slot, i - 1) + spec.timespanMs;
    for (;;) {
      const next = i < runs.length(slot) ? runs.time(slot, i) : Infinity;
      const isKnown = next < Infinity || until < Infinity || this.isSilent(slot);
      if (silentFrom < Math.min(next, until) && isKnown) {
        const holdUntil = Math.min(next, until);
        const last = found.at(-1);
        if (last !== undefined && silentFrom < last.holdUntil + Math.max(1, spec.quietMs)) {
          last.holdUntil = holdUntil;
          if (silentFrom > from || held === null) last.lastFire = silentFrom;
        } else {
          const fire = { openedAt: silentFrom, lastFire: silentFrom, holdUntil };
          found.push({ ...fire, value: 0, peak: 0, expected: null, slices: [] });
        }
        if (silentFrom > from || held === null) addFire(found.at(-1)!.slices, silentFrom, spec.fireSliceMs);
      }
      if (next >= until || next === Infinity) return found;
      silentFrom = next + spec.timespanMs;
      i = runs.countUntil(slot, next);
    }
  }

  private isSilent(slot: number): boolean {
    return this.silentOf(slot) !== undefined;
  }

  private silentOf(slot: number): Episode | undefined {
    const open = this.store.openEpisodeOf(slot);
    return open?.holdUntil === Number.POSITIVE_INFINITY ? open : undefined;
  }

  /** Time had moved on before all was delivered: an event comes from before the silence that was said to have begun. */
  private takeBack(slot: number): void {
    const silent = this.silentOf(slot);
    if (silent === undefined) return;
    silent.holdUntil = silent.lastFire;
    this.store.revise(slot);
  }

  private await(slot: number): void {
    if (this.awaited.has(slot)) return;
    this.awaited.add(slot);
    const second = this.dueSecond(slot);
    const slots = this.due.get(second);
    if (slots) slots.push(slot);
    else this.due.set(second, [slot]);
  }

  /** When the group's own time, which moves with the marks, has passed the end of its lateness. */
  private dueSecond(slot: number): number {
    return this.store.groups.get(slot, word.touchedMark) + 1 + Math.ceil(this.store.reachMs / 1000);
  }
}
