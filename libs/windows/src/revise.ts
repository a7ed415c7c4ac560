import { type Episode, evidenceFirstMax, evidenceLatestMax } from './episode.js';
import { extend, type FireRun, fireRunOf, touches } from './fire-run.js';
import { isSame } from './fire-slices.js';

/**
 * Makes a group's episodes agree with `runs`, all that there are of fires now (united, ascending). An episode stays
 * what it was called; of several that have become one the earliest lives on and the others are `merged`; one that has
 * nothing left is withdrawn. Returns the episodes that changed.
 */
export function reviseEpisodes(
  episodes: Episode[],
  runs: readonly FireRun[],
  quietMs: number,
  open: (run: FireRun) => Episode,
): Set<Episode> {
  const changed = new Set<Episode>();
  const unclaimed = new Set(episodes.filter((episode) => episode.state !== 'merged'));
  for (const run of runs) {
    const [survivor, ...absorbed] = [...unclaimed].filter((episode) => touches(episode, run, quietMs));
    if (survivor === undefined) {
      changed.add(openAmong(episodes, run, open));
      continue;
    }
    unclaimed.delete(survivor);
    if (takes(survivor, run)) changed.add(survivor);
    for (const other of absorbed) {
      unclaimed.delete(other);
      absorb(survivor, other);
      changed.add(survivor).add(other);
    }
  }
  for (const episode of unclaimed) {
    episode.state = 'merged';
    changed.add(episode);
  }
  episodes.sort((a, b) => a.openedAt - b.openedAt);
  return changed;
}

/** Adds an episode to a group's: one that was taken back and would have the same name, or a new one. */
export function openAmong(episodes: Episode[], run: FireRun, open: (run: FireRun) => Episode): Episode {
  const again = episodes.find(({ state, anchor }) => state === 'merged' && anchor === run.openedAt);
  if (again !== undefined) {
    const none = { dropped: 0, droppedFirst: [], droppedLatest: [], mergedInto: null };
    return Object.assign(again, run, none, { state: 'open' as const });
  }
  const opened = open(run);
  // One that fell apart keeps its name: its other part may not have the same.
  while (episodes.some(({ anchor }) => anchor === opened.anchor)) opened.anchor += 0.5;
  episodes.push(opened);
  return opened;
}

function takes(episode: Episode, run: FireRun): boolean {
  const before = fireRunOf(episode);
  Object.assign(episode, fireRunOf(run));
  const { slices, ...rest } = before;
  const isOther = (Object.keys(rest) as (keyof typeof rest)[]).some((key) => rest[key] !== episode[key]);
  return isOther || !isSame(slices, episode.slices);
}

function absorb(survivor: Episode, other: Episode): void {
  survivor.dropped += other.dropped;
  survivor.droppedFirst = [...survivor.droppedFirst, ...other.droppedFirst].slice(0, evidenceFirstMax);
  survivor.droppedLatest = [...survivor.droppedLatest, ...other.droppedLatest].slice(-evidenceLatestMax);
  if (survivor.base !== null && other.base !== null) extend(survivor.base, other.base);
  else survivor.base ??= other.base;
  survivor.settledTo = Math.min(survivor.settledTo, other.settledTo);
  other.state = 'merged';
  other.mergedInto = survivor.anchor;
}
