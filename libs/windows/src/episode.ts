import { type FireRun, fireRunOf } from './fire-run.js';
import type { FireSlice } from './fire-slices.js';

/**
 * An episode is the life of one alert. It opens when the condition first holds for a group, goes on while it holds
 * again within `quiet` of having ended, and is over at `holdUntil + quiet`.
 *
 * A *fire* is an event at whose time the condition holds. From a fire at t on, the condition holds until an event
 * leaves the window, or the next one comes, without which (with which) it does not hold; so every fire is an interval
 * [t, holdUntil), and an episode is a union of such intervals with gaps shorter than `quiet`.
 *
 * Where the condition is a lower limit of a count, adding a late event only adds or lengthens intervals: late arrivals
 * can open an episode earlier, prolong it or join two, but never take one back. Other conditions can be undone by a late
 * event: then an episode may also shrink, fall apart or be withdrawn. What no late event can reach any more is settled:
 * it is the episode's `base`.
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
  /** What a baseline let expect at the last fire. */
  expected: number | null;
  /** Its fires, as far back as late events reach; empty where no other rule is told of them. */
  slices: FireSlice[];
  /** `merged` into none: withdrawn. */
  state: 'open' | 'closed' | 'merged';
  mergedInto: number | null;
  /** In how many steps it changed; and whether it was handed out. */
  revision: number;
  handedOut: boolean;
  /** When it was said to happen as it was handed out last, see `EpisodeView`; empty: never handed out, or as withdrawn. */
  said: FireSlice[];
  /** Events from `firstSeen` until the episode is over, so far. */
  events: number;
  /** Of these, what no window needs any more: their number, the first 50 and the newest 50. */
  dropped: number;
  droppedFirst: EvidenceRef[];
  droppedLatest: EvidenceRef[];
  /** Its fires before `settledTo`, which late events can't change; null: there are none. */
  base: FireRun | null;
  settledTo: number;
}

export interface EvidenceRef {
  time: number;
  origin: number;
  /** Of an entry that stands for an episode of another rule: the events that opened that one. */
  proof?: readonly EvidenceRef[];
}

export const evidenceFirstMax = 50;
export const evidenceLatestMax = 50;

export function openEpisode(slot: number, groupLo: number, groupHi: number, run: FireRun, settledTo: number): Episode {
  return {
    ...fireRunOf(run),
    slot,
    groupLo,
    groupHi,
    anchor: run.openedAt,
    firstSeen: run.openedAt,
    state: 'open',
    mergedInto: null,
    revision: 0,
    handedOut: false,
    said: [],
    events: 0,
    dropped: 0,
    droppedFirst: [],
    droppedLatest: [],
    base: null,
    settledTo,
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
