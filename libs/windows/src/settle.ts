import type { Episode } from './episode.js';
import { type FireRun, unite } from './fire-run.js';
import { sweep } from './sweep.js';
import type { WindowStore } from './window-store.js';

/** What is settled, and what a new look at the rest gives. */
export function settledAndSwept(
  store: WindowStore,
  slot: number,
  episodes: readonly Episode[],
  from: number,
  until?: number,
): FireRun[] {
  const bases = episodes.flatMap(({ base }) => base ?? []);
  const held = bases.find(({ holdUntil }) => holdUntil === from) ?? null;
  const others = bases.filter((base) => base !== held);
  return unite([...others, ...sweep(store, slot, from, held, until)], store.spec.quietMs);
}

/** What happened before `until` late events can't reach any more, and the events that it hangs on may go. */
export function settleEpisodes(store: WindowStore, slot: number, until: number): void {
  const episodes = store.episodes.get(slot);
  if (episodes === undefined || until <= episodes[0].settledTo) return;
  const current = episodes.filter(({ state }) => state !== 'merged');
  const settled = settledAndSwept(store, slot, current, episodes[0].settledTo, until);
  for (const episode of episodes) {
    episode.settledTo = until;
    const isOf = ({ openedAt }: FireRun) => episode.openedAt <= openedAt && openedAt <= episode.lastFire;
    episode.base = episode.state === 'merged' ? null : (settled.find(isOf) ?? null);
  }
}
