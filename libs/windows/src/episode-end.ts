import type { Episode } from './episode.js';
import { settleEpisodes } from './settle.js';
import { sweep } from './sweep.js';
import type { WindowStore } from './window-store.js';

/** As a group's time moves on to `clock`: what its episodes need from the events that may now go, and which are over. */
export function passEpisodes(store: WindowStore, slot: number, clock: number): void {
  const episodes = store.episodes.get(slot)!;
  for (const episode of episodes) closeIfQuiet(store, episode, clock);
  forgetSettled(store, slot, episodes);
}

/** Closes the episode where the group's time has passed its end; opens it again where a late event moved the end. */
export function closeIfQuiet(store: WindowStore, episode: Episode, clock: number): void {
  const { quietMs, timespanMs } = store.spec;
  if (episode.state === 'merged') return;
  // While all that it takes is still kept.
  const isDue = clock >= episode.lastFire + Math.min(quietMs, timespanMs);
  if (Number.isNaN(episode.holdUntil) && isDue) resolve(store, episode);
  const state = clock >= episode.holdUntil + quietMs ? 'closed' : 'open';
  if (state === episode.state) return;
  episode.state = state;
  store.changed(episode);
}

/** Works out `holdUntil`. */
export function resolve(store: WindowStore, episode: Episode): void {
  if (!Number.isNaN(episode.holdUntil)) return;
  const { slot, lastFire } = episode;
  episode.holdUntil =
    store.rising?.holdEnd(slot, store.runs.countUntil(slot, lastFire) - 1) ??
    // An instant that is not over yet may have ended what it began.
    sweep(store, slot, lastFire)[0]?.holdUntil ??
    lastFire;
}

/** Whether no event of the group, be it late, can reach its episodes any more. What was taken back is none. */
export function isSettled(store: WindowStore, slot: number): boolean {
  const newest = store.groups.newest(slot);
  for (const episode of store.episodes.get(slot) ?? []) {
    closeIfQuiet(store, episode, newest);
    if (episode.state !== 'merged' && isReached(store, episode, newest)) return false;
  }
  return true;
}

function isReached({ spec, reachMs }: WindowStore, { state, holdUntil }: Episode, newest: number): boolean {
  return state === 'open' || holdUntil + spec.quietMs > newest - reachMs;
}

/**
 * Episodes that no accepted event can reach any more are let go once they have been handed out closed. Time may have moved on
 * without the group: its next event may still be of any time from its newest on, and a late one reaches back from there.
 */
function forgetSettled(store: WindowStore, slot: number, episodes: Episode[]): void {
  const newest = store.groups.newest(slot);
  const kept = episodes.filter((episode) => store.dirty.has(episode) || isReached(store, episode, newest));
  if (kept.length === episodes.length) return;
  // The others' are looked at again from where they are settled, which shall not find these once more.
  if (store.rising === null) settleEpisodes(store, slot, newest - store.reachMs);
  if (kept.length > 0) store.episodes.set(slot, kept);
  else store.episodes.delete(slot);
}
