import type { Episode } from './episode.js';
import { closeIfQuiet, resolve } from './episode-end.js';
import type { WindowEvent } from './event-runs.js';
import { type FireRun, unite } from './fire-run.js';
import { reviseEpisodes } from './revise.js';
import { settledAndSwept } from './settle.js';
import { sweep } from './sweep.js';
import { keptRange } from './view.js';
import type { WindowStore } from './window-store.js';

/**
 * Puts late events in their place and looks again at every window that can hold them: those that end from the oldest
 * of them on. `gone`: events that are taken back. Returns the episodes that changed.
 */
export function mergeLate(
  store: WindowStore,
  slot: number,
  events: WindowEvent[],
  gone: readonly WindowEvent[] = [],
): Iterable<Episode> {
  const { quietMs, timespanMs } = store.spec;
  const episodes = store.episodes.get(slot) ?? [];
  for (const episode of episodes) if (episode.state !== 'merged') resolve(store, episode);
  events.sort((a, b) => a.time - b.time);
  for (const { time, origin } of gone) store.runs.remove(slot, time, origin);
  if (events.length > 0) store.runs.merge(slot, events);
  store.recountWindow(slot);
  const open = (run: FireRun) => store.newEpisode(slot, run);
  const from = gone.reduce((least, { time }) => Math.min(least, time), events[0]?.time ?? Number.POSITIVE_INFINITY);
  const changed = reviseEpisodes(episodes, firesOf(store, slot, episodes, from), quietMs, open);
  for (const episode of episodes) {
    if (episode.state === 'merged') continue;
    const { openedAt, firstSeen, holdUntil } = episode;
    const isOf = ({ time }: WindowEvent) =>
      (time > openedAt - timespanMs || time === firstSeen) && time < holdUntil + quietMs;
    if (events.some(isOf) || gone.some(isOf)) changed.add(episode);
    if (changed.has(episode)) recountEvents(store, slot, episode);
  }
  if (episodes.length > 0 && !store.episodes.has(slot)) store.episodes.set(slot, episodes);
  const clock = store.clockOf(slot);
  for (const episode of changed) closeIfQuiet(store, episode, clock);
  return changed;
}

/** All there is of fires now, where the oldest late event has come to stand at `from`. */
function firesOf(store: WindowStore, slot: number, episodes: readonly Episode[], from: number): FireRun[] {
  const { quietMs } = store.spec;
  const current = episodes.filter(({ state }) => state !== 'merged');
  if (store.rising !== null) return unite([...current, ...sweep(store, slot, from)], quietMs);
  return settledAndSwept(store, slot, current, episodes[0]?.settledTo ?? from);
}

function recountEvents(store: WindowStore, slot: number, episode: Episode): void {
  const before = episode.openedAt - store.spec.timespanMs;
  // An alert of absence begins with what came before it.
  const first = store.absence === null ? store.runs.countUntil(slot, before) : store.runs.countBefore(slot, before);
  const time = store.runs.time(slot, first);
  if (episode.dropped === 0 || time < episode.firstSeen) episode.firstSeen = time;
  const [from, to] = keptRange(store, episode);
  episode.events = episode.dropped + store.runs.countOrigins(slot, from, to);
}
