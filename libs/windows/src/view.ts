import { type Episode, type EvidenceRef, evidenceFirstMax, evidenceLatestMax } from './episode.js';
import type { Parent } from './window-spec.js';
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
  /** What a baseline let expect at the last fire; null where there is none. */
  expected: number | null;
  /** Events from `firstSeen` until the episode closed. */
  events: number;
  revision: number;
  /** Was it never handed out before? */
  isNew: boolean;
  /** The first 50 and the newest 50 events, ascending, none twice. */
  evidence: EvidenceRef[];
  /** Where groups are part of larger ones. */
  parent: Parent | null;
}

export function viewEpisode(store: WindowStore, episode: Episode): EpisodeView {
  const [from, to] = keptRange(store, episode);
  const isNew = !episode.handedOut;
  episode.handedOut = true;
  const first = [...episode.droppedFirst];
  for (let i = from; i < to && first.length < evidenceFirstMax; i++) {
    if (i === from || !store.runs.repeatsOrigin(episode.slot, i)) first.push(refAt(store, episode, i));
  }
  // A flood need not be walked through: the newest ones are taken from the other end.
  const newest: EvidenceRef[] = [];
  for (let i = to - 1; i >= from && newest.length < evidenceLatestMax; i--) {
    if (i === from || !store.runs.repeatsOrigin(episode.slot, i)) newest.push(refAt(store, episode, i));
  }
  const latest = [...episode.droppedLatest, ...newest.reverse()];
  // Where the two ends meet, what the first ones already name is not named again.
  const tail = Math.min(Math.max(0, episode.events - first.length), evidenceLatestMax);

  return {
    groupLo: episode.groupLo,
    groupHi: episode.groupHi,
    anchor: episode.anchor,
    state: episode.state,
    mergedInto: episode.mergedInto,
    openedAt: episode.openedAt,
    firstSeen: episode.firstSeen,
    lastSeen: latest.at(-1)?.time ?? episode.lastFire,
    closedAt: episode.state === 'closed' ? episode.holdUntil + store.spec.quietMs : null,
    value: episode.value,
    peak: episode.peak,
    expected: episode.expected,
    events: episode.events,
    revision: episode.revision,
    isNew,
    evidence: tail > 0 ? [...first, ...latest.slice(-tail)] : first,
    parent: store.parents.at(episode.slot),
  };
}

/** Which of the kept entries belong to the episode: [from, to). */
export function keptRange({ runs, spec }: WindowStore, episode: Episode): [from: number, to: number] {
  const { slot, holdUntil, firstSeen } = episode;
  const to = Number.isNaN(holdUntil) ? runs.length(slot) : runs.countBefore(slot, holdUntil + spec.quietMs);
  return [runs.countBefore(slot, firstSeen), to];
}

const refAt = ({ runs }: WindowStore, { slot }: Episode, i: number): EvidenceRef => ({
  time: runs.time(slot, i),
  origin: runs.origin(slot, i),
});
