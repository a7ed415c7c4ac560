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
  const kept =
    store.spec.kind === 'distinct' ? distinctEvents(store, episode, from, to) : bothEnds(store, slot, from, to);
  const first = [...episode.droppedFirst, ...kept.refs.slice(0, evidenceFirstMax)].slice(0, evidenceFirstMax);
  const latest = [...episode.droppedLatest, ...kept.refs.slice(-evidenceLatestMax)];
  const events = episode.dropped + kept.count;
  // Where the two ends meet, what the first ones already name is not named again.
  const tail = Math.min(Math.max(0, events - first.length), evidenceLatestMax);

  return {
    groupLo: episode.groupLo,
    groupHi: episode.groupHi,
    anchor: episode.anchor,
    state: episode.state,
    mergedInto: episode.mergedInto,
    openedAt: episode.openedAt,
    firstSeen: episode.firstSeen,
    lastSeen: kept.refs.at(-1)?.time ?? episode.droppedLatest.at(-1)?.time ?? episode.lastFire,
    closedAt: episode.state === 'closed' ? episode.holdUntil + store.spec.quietMs : null,
    value: episode.value,
    peak: episode.peak,
    events,
    revision: ++episode.revision,
    evidence: tail > 0 ? [...first, ...latest.slice(-tail)] : first,
  };
}

/** The kept events [from, to), each once: those of one event stand side by side. */
function distinctEvents(store: WindowStore, episode: Episode, from: number, to: number): KeptEvents {
  const { runs } = store;
  const refs: EvidenceRef[] = [];
  let before = episode.droppedLatest.at(-1)?.origin;
  for (let i = from; i < to; i++) {
    const origin = runs.origin(episode.slot, i);
    if (origin !== before) refs.push({ time: runs.time(episode.slot, i), origin });
    before = origin;
  }
  return { count: refs.length, refs };
}

/** How many kept events there are, and at least the first 50 and the newest 50 of them. */
interface KeptEvents {
  count: number;
  refs: EvidenceRef[];
}

/** Without values every kept entry is an event of its own: a flood need not be walked through. */
function bothEnds({ runs }: WindowStore, slot: number, from: number, to: number): KeptEvents {
  const refs: EvidenceRef[] = [];
  for (let i = from; i < to; i++) {
    if (i === from + evidenceFirstMax && to - evidenceLatestMax > i) i = to - evidenceLatestMax;
    refs.push({ time: runs.time(slot, i), origin: runs.origin(slot, i) });
  }
  return { count: Math.max(0, to - from), refs };
}
