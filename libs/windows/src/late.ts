import { type Episode, extend, type FireRun, uniteEpisodes } from './episode.js';
import type { WindowEvent } from './event-runs.js';
import { keptRange } from './view.js';
import type { WindowStore } from './window-store.js';

/**
 * Puts late events in their place and looks again at every window that can hold them: those that end from the oldest
 * of them on. Returns the episodes that changed.
 */
export function mergeLate(store: WindowStore, slot: number, events: WindowEvent[]): Iterable<Episode> {
  const { quietMs, timespanMs } = store.spec;
  const episodes = store.episodes.get(slot) ?? [];
  for (const episode of episodes) if (episode.state !== 'merged') store.resolve(episode);
  events.sort((a, b) => a.time - b.time);
  store.runs.merge(slot, events);
  store.recountWindow(slot);
  const oldest = events[0].time;
  const changed = uniteEpisodes(episodes, fireRunsFrom(store, slot, oldest), quietMs, (run) =>
    store.newEpisode(slot, run),
  );
  for (const episode of episodes) {
    if (episode.state === 'merged') continue;
    if (events.some((e) => e.time > episode.openedAt - timespanMs && e.time < episode.holdUntil + quietMs))
      changed.add(episode);
    if (changed.has(episode)) recountEvents(store, slot, episode);
  }
  if (!store.episodes.has(slot)) for (const episode of episodes) store.restoreEpisode(episode);
  const clock = store.clockOf(slot);
  for (const episode of changed) store.closeIfQuiet(episode, clock);
  return changed;
}

function recountEvents(store: WindowStore, slot: number, episode: Episode): void {
  const first = store.runs.countUntil(slot, episode.openedAt - store.spec.timespanMs);
  const time = store.runs.time(slot, first);
  if (episode.dropped === 0 || time < episode.firstSeen) episode.firstSeen = time;
  const [from, to] = keptRange(store, episode);
  episode.events = episode.dropped + store.runs.countOrigins(slot, from, to);
}

/** The stretches of fires at or after `from`, ascending. */
function fireRunsFrom(store: WindowStore, slot: number, from: number): FireRun[] {
  const { runs, spec } = store;
  const found: FireRun[] = [];
  const length = runs.length(slot);
  const values = spec.kind === 'distinct' ? new RollingValues() : null;
  let i = runs.countBefore(slot, from);
  let head = runs.countUntil(slot, runs.time(slot, i) - spec.timespanMs);
  if (values) for (let k = head; k < i; k++) values.enter(runs.value(slot, k));
  for (; i < length; i++) {
    const time = runs.time(slot, i);
    values?.enter(runs.value(slot, i));
    for (; runs.time(slot, head) <= time - spec.timespanMs; head++) values?.leave(runs.value(slot, head));
    // Events of one instant are one window end: look when the last of them is in.
    if (i + 1 < length && runs.time(slot, i + 1) === time) continue;
    const observed = values ? values.size : i - head + 1;
    if (observed < spec.threshold) continue;
    const run = { openedAt: time, lastFire: time, holdUntil: store.holdEnd(slot, i), value: observed, peak: observed };
    const last = found.at(-1);
    if (last !== undefined && time < last.holdUntil + spec.quietMs) extend(last, run);
    else found.push(run);
  }
  return found;
}

/** Occurrences of values in a window that slides. */
class RollingValues {
  private readonly occurrences = new Map<number, number>();
  get size(): number {
    return this.occurrences.size;
  }
  enter(value: number): void {
    this.occurrences.set(value, (this.occurrences.get(value) ?? 0) + 1);
  }
  leave(value: number): void {
    const left = this.occurrences.get(value)! - 1;
    if (left === 0) this.occurrences.delete(value);
    else this.occurrences.set(value, left);
  }
}
