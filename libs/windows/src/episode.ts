/**
 * An episode is the life of one alert. It opens when the condition first holds for a group, goes on while it holds
 * again within `quiet` of having ended, and is over at `holdUntil + quiet`.
 *
 * A *fire* is an event at whose time the condition holds. From a fire at t on, the condition holds until the Nth
 * newest event (or the Nth newest distinct value) leaves the window; so every fire is an interval [t, holdUntil), and
 * an episode is a union of such intervals with gaps shorter than `quiet`. Adding a late event only adds or lengthens
 * intervals; therefore late arrivals can open an episode earlier, prolong it or join two, but never take one back.
 */
export interface Episode {
  slot: number;
  groupLo: number;
  groupHi: number;
  /** Time of the first fire as first known: the episode's identity within its group, never revised. */
  anchor: number;
  openedAt: number;
  firstSeen: number;
  lastFire: number;
  /** NaN where it has not been worked out since the last fire (distinct counts: it costs a scan). */
  holdUntil: number;
  /** What the window held at the last fire, and the most it held at any. */
  value: number;
  peak: number;
  state: 'open' | 'closed' | 'merged';
  mergedInto: number | null;
  /** In how many steps it changed; and whether it was handed out. */
  revision: number;
  handedOut: boolean;
  /** Events from `firstSeen` until the episode is over, so far. */
  events: number;
  /** Of these, what no window needs any more: their number, the first 50 and the newest 50. */
  dropped: number;
  droppedFirst: EvidenceRef[];
  droppedLatest: EvidenceRef[];
}

export interface EvidenceRef {
  time: number;
  origin: number;
}

/** A stretch of fires: what an episode is made of. */
export interface FireRun {
  openedAt: number;
  lastFire: number;
  holdUntil: number;
  value: number;
  peak: number;
}

export const evidenceFirstMax = 50;
export const evidenceLatestMax = 50;

export function openEpisode(slot: number, groupLo: number, groupHi: number, run: FireRun): Episode {
  return {
    ...run,
    slot,
    groupLo,
    groupHi,
    anchor: run.openedAt,
    firstSeen: run.openedAt,
    state: 'open',
    mergedInto: null,
    revision: 0,
    handedOut: false,
    events: 0,
    dropped: 0,
    droppedFirst: [],
    droppedLatest: [],
  };
}

/** Remembers an event that leaves the kept run but stays part of the episode. */
export function dropFromEpisode(episode: Episode, ref: EvidenceRef): void {
  // One event may bring several values (a mail, its recipients): it is one event all the same.
  if (episode.droppedLatest.at(-1)?.origin === ref.origin) return;
  episode.dropped++;
  if (episode.droppedFirst.length < evidenceFirstMax) episode.droppedFirst.push(ref);
  episode.droppedLatest.push(ref);
  // Shifted in bulk, so that a long flood does not pay for it at every event.
  if (episode.droppedLatest.length >= 2 * evidenceLatestMax) episode.droppedLatest.splice(0, evidenceLatestMax);
}

/** Do the two stretches belong to one episode? */
export const touches = (a: FireRun, b: FireRun, quietMs: number): boolean =>
  a.openedAt < b.holdUntil + quietMs && b.openedAt < a.holdUntil + quietMs;

export function extend(into: FireRun, by: FireRun): void {
  // Of two counts of one window the larger is the later: late events only add.
  if (by.lastFire === into.lastFire) into.value = Math.max(into.value, by.value);
  else if (by.lastFire > into.lastFire) into.value = by.value;
  into.lastFire = Math.max(into.lastFire, by.lastFire);
  into.openedAt = Math.min(into.openedAt, by.openedAt);
  into.holdUntil = Math.max(into.holdUntil, by.holdUntil);
  into.peak = Math.max(into.peak, by.peak);
}

/**
 * Joins stretches of fires (ascending) into a group's episodes. An episode that turns out to be part of an earlier one
 * becomes `merged`; the earlier one keeps its identity. Returns the episodes that changed.
 */
export function uniteEpisodes(
  episodes: Episode[],
  runs: readonly FireRun[],
  quietMs: number,
  open: (run: FireRun) => Episode,
): Set<Episode> {
  const changed = new Set<Episode>();
  for (const run of runs) {
    const [survivor, ...absorbed] = episodes.filter((e) => e.state !== 'merged' && touches(e, run, quietMs));
    if (survivor === undefined) {
      const opened = open(run);
      episodes.push(opened);
      episodes.sort((a, b) => a.openedAt - b.openedAt);
      changed.add(opened);
      continue;
    }
    extend(survivor, run);
    changed.add(survivor);
    for (const other of absorbed) {
      absorb(survivor, other);
      changed.add(other);
    }
  }
  return changed;
}

function absorb(survivor: Episode, other: Episode): void {
  extend(survivor, other);
  survivor.dropped += other.dropped;
  survivor.droppedFirst = [...survivor.droppedFirst, ...other.droppedFirst].slice(0, evidenceFirstMax);
  survivor.droppedLatest = [...survivor.droppedLatest, ...other.droppedLatest].slice(-evidenceLatestMax);
  other.state = 'merged';
  other.mergedInto = survivor.anchor;
}
