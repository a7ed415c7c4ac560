import { type Episode, type EvidenceRef, evidenceFirstMax, evidenceLatestMax } from './episode.js';
import { copyOf, type FireSlice, since, sliceOf } from './fire-slices.js';
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
  /** Where groups are part of larger ones: what the rule that these are of is told. */
  told: Told | null;
}

/** To a rule that counts an episode happens once, when it opens; to one that asks whether it does, in slices of time. */
export interface Told {
  parent: Parent;
  happens: readonly FireSlice[];
  /** What was said before. */
  said: readonly FireSlice[];
  /** By the times of `happens`: the events in the window that ends there; null where some may have been let go. */
  proofs: ReadonlyMap<number, EvidenceRef[] | null>;
}

export function viewEpisode(store: WindowStore, episode: Episode): EpisodeView {
  const [from, to] = keptRange(store, episode);
  const isNew = !episode.handedOut;
  episode.handedOut = true;
  const first = [...episode.droppedFirst];
  for (let i = from; i < to && first.length < evidenceFirstMax; i++) {
    if (i === from || !store.runs.repeatsOrigin(episode.slot, i)) first.push(refAt(store, episode.slot, i));
  }
  // A flood need not be walked through: the newest ones are taken from the other end.
  const newest: EvidenceRef[] = [];
  for (let i = to - 1; i >= from && newest.length < evidenceLatestMax; i--) {
    if (i === from || !store.runs.repeatsOrigin(episode.slot, i)) newest.push(refAt(store, episode.slot, i));
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
    evidence: proven(tail > 0 ? [...first, ...latest.slice(-tail)] : first),
    told: toldOf(store, episode),
  };
}

function toldOf(store: WindowStore, episode: Episode): Told | null {
  const { slot, openedAt, state, said, slices } = episode;
  const parent = store.parents.at(slot);
  if (parent === null) return null;
  const { fireSliceMs: sliceMs } = store.spec;
  if (state === 'merged') episode.said = [];
  else if (sliceMs === undefined) episode.said = [sliceOf(openedAt, 1)];
  else episode.said = copyOf(slices);
  const happens = episode.said;
  if (sliceMs !== undefined) forgetOld(store, episode, sliceMs);
  // At once: the group may be about to leave.
  const times = happens.flatMap(({ first, last }) => (first < last ? [first, last] : [first]));
  return { parent, happens, said, proofs: new Map(times.map((time) => [time, windowAt(store, slot, time)])) };
}

/** No late event reaches what ended before: it stays as it was said. */
function forgetOld(store: WindowStore, episode: Episode, sliceMs: number): void {
  const reached = store.groups.newest(episode.slot) - store.reachMs;
  const until = (store.rising === null ? Math.min(reached, episode.settledTo) : reached) - sliceMs;
  if (episode.slices.length === 0 || episode.slices[0].last >= until) return;
  episode.slices = since(episode.slices, until);
  episode.said = since(episode.said, until);
  if (episode.base !== null) episode.base.slices = since(episode.base.slices, until);
}

function windowAt(store: WindowStore, slot: number, time: number): EvidenceRef[] | null {
  const { runs, spec, groups } = store;
  const start = time - spec.timespanMs;
  if (start < groups.newest(slot) - store.keepMs) return null;
  // An alert of absence begins with the events before it.
  const from = store.absence === null ? runs.countUntil(slot, start) : runs.countBefore(slot, start);
  const to = runs.countUntil(slot, time);
  const entries: EvidenceRef[] = [];
  for (let i = from; i < to; i++) {
    if (i === from + evidenceFirstMax) i = Math.max(i, to - evidenceLatestMax);
    if (i === from || !runs.repeatsOrigin(slot, i)) entries.push(refAt(store, slot, i));
  }
  return proven(entries);
}

/** Entries that stand for episodes of other rules are proven by the events in the windows of these: the first and the newest of them all. */
function proven(entries: EvidenceRef[]): EvidenceRef[] {
  if (entries.every(({ proof }) => proof === undefined)) return entries;
  const events = entries.flatMap(({ time, origin, proof }) => proof ?? [{ time, origin }]);
  const unique = [...new Map(events.map((event) => [event.origin, event])).values()];
  const ordered = unique.sort((a, b) => a.time - b.time || a.origin - b.origin);
  if (ordered.length <= evidenceFirstMax + evidenceLatestMax) return ordered;
  return [...ordered.slice(0, evidenceFirstMax), ...ordered.slice(-evidenceLatestMax)];
}

/** Which of the kept entries belong to the episode: [from, to). */
export function keptRange({ runs, spec }: WindowStore, episode: Episode): [from: number, to: number] {
  const { slot, holdUntil, firstSeen } = episode;
  const to = Number.isNaN(holdUntil) ? runs.length(slot) : runs.countBefore(slot, holdUntil + spec.quietMs);
  return [runs.countBefore(slot, firstSeen), to];
}

export function refAt({ runs, proofs }: WindowStore, slot: number, i: number): EvidenceRef {
  const ref = { time: runs.time(slot, i), origin: runs.origin(slot, i) };
  const proof = proofs.of(ref.origin);
  return proof === undefined ? ref : { ...ref, proof };
}
