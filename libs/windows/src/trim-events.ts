import { dropFromEpisode } from './episode.js';
import { word } from './group-table.js';
import { settleEpisodes } from './settle.js';
import { refAt } from './view.js';
import type { WindowStore } from './window-store.js';

/** Drops the events that no window can need once the group's newest is at `time`, or that exceed the limit. */
export function trimEvents(store: WindowStore, slot: number, time: number): void {
  const { runs, spec } = store;
  const old = runs.countUntil(slot, time - store.keepMs);
  const over = runs.length(slot) - spec.eventsPerGroupMax;
  const excess = over >= 0 ? over + (spec.eventsPerGroupMax >> 3) + 1 : 0;
  if (excess > old) store.counters.truncatedEvents += excess - old;
  const count = Math.max(old, excess);
  if (count === 0) return;
  if (store.rising === null) {
    // Where the limit cuts into what is needed, the windows that lack nothing are settled; it can't be helped with others.
    const whole = excess > old ? Math.min(runs.time(slot, count - 1) + spec.timespanMs, store.groups.newest(slot)) : 0;
    settleEpisodes(store, slot, Math.max(time - store.reachMs, whole));
    store.measured?.fold(slot, count);
  }
  keepForEpisodes(store, slot, count);
  store.proofs.drop(slot, count);
  runs.dropOldest(slot, count);
  if (store.groups.get(slot, word.held) > runs.length(slot)) store.recountWindow(slot);
}

/** What leaves the group stays in its episodes' counts and evidence. */
function keepForEpisodes(store: WindowStore, slot: number, count: number): void {
  const { runs, spec, episodes, dirty } = store;
  for (const episode of episodes.get(slot) ?? []) {
    // One that is no more still has to say so, with its proof.
    if (episode.state === 'merged' && !dirty.has(episode)) continue;
    const end = Number.isNaN(episode.holdUntil) ? Number.POSITIVE_INFINITY : episode.holdUntil + spec.quietMs;
    for (let i = 0; i < count; i++) {
      const time = runs.time(slot, i);
      if (time < episode.firstSeen || time >= end) continue;
      dropFromEpisode(episode, refAt(store, slot, i));
    }
  }
}
