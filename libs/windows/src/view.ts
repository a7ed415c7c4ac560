import { type Episode, type EvidenceRef, evidenceFirstMax, evidenceLatestMax } from './episode.js';
import type { WindowStore } from './window-store.js';

/** An episode as it stands, to be published. All times are event times, ms. */
export interface EpisodeView {
  groupLo: number;
  groupHi: number;
  /** Identifies the episode within rule and group. */
  anchor: number;
  state: 'open' | 'closed' | 'merged';
  /** The anchor of the episode that this one turned out to be part of. */
  mergedInto: number | null;
  openedAt: number;
  firstSeen: number;
  lastSeen: number;
  closedAt: number | null;
  value: number;
  peak: number;
  /** Events from `firstSeen` until the episode closed. */
  events: number;
  revision: number;
  /** The first 50 and the newest 50 events, ascending, none twice. */
  evidence: EvidenceRef[];
}

export function viewEpisode(store: WindowStore, episode: Episode): EpisodeView {
  const { slot } = episode;
  const { runs } = store;
  const end = Number.isNaN(episode.holdUntil) ? Number.POSITIVE_INFINITY : episode.holdUntil + store.spec.quietMs;
  const from = runs.countBefore(slot, episode.firstSeen);
  const to = Number.isFinite(end) ? runs.countBefore(slot, end) : runs.length[slot];
  const kept = Math.max(0, to - from);
  const ref = (i: number): EvidenceRef => ({ time: runs.time(slot, i), origin: runs.origin(slot, i) });

  const first = episode.droppedFirst.slice(0, evidenceFirstMax);
  for (let i = from; i < to && first.length < evidenceFirstMax; i++) first.push(ref(i));
  const latest = episode.droppedLatest.slice();
  for (let i = Math.max(from, to - evidenceLatestMax); i < to; i++) latest.push(ref(i));
  // Where the two ends meet, what the first ones already name is not named again.
  const unnamed = Math.max(0, episode.dropped + kept - first.length);
  const tail = Math.min(unnamed, evidenceLatestMax);

  return {
    groupLo: episode.groupLo,
    groupHi: episode.groupHi,
    anchor: episode.anchor,
    state: episode.state,
    mergedInto: episode.mergedInto,
    openedAt: episode.openedAt,
    firstSeen: episode.firstSeen,
    lastSeen: kept > 0 ? runs.time(slot, to - 1) : (episode.droppedLatest.at(-1)?.time ?? episode.lastFire),
    closedAt: episode.state === 'closed' ? episode.holdUntil + store.spec.quietMs : null,
    value: episode.value,
    peak: episode.peak,
    events: episode.dropped + kept,
    revision: ++episode.revision,
    evidence: tail > 0 ? [...first, ...latest.slice(-tail)] : first,
  };
}
