import type { Episode, EvidenceRef } from './episode.js';
import { word } from './group-table.js';
import { keepsValues, type WindowSpec } from './window-spec.js';
import { WindowStore } from './window-store.js';

/** A store's whole state: columns as they are, episodes as JSON. */
export interface WindowSnapshot {
  counters: WindowStore['counters'];
  markMs: number;
  /** Per group: hash, marks, number of events. */
  groups: { lo: Int32Array; hi: Int32Array; touchedMark: Uint32Array; touchedAt: Uint32Array; length: Uint32Array };
  /** Per group: time of its newest event, which need not be kept. */
  newest: Float64Array;
  /** Per group, where groups are part of larger ones; else empty. */
  parents: { lo: Int32Array; hi: Int32Array; values: Float64Array };
  /** Per event, group after group, oldest first; `values` empty for plain counts. */
  events: { times: Float64Array; origins: Float64Array; values: Float64Array };
  episodes: Episode[];
  /** By origin: what proves entries that stand for episodes of other rules. */
  proofs: [origin: number, proof: readonly EvidenceRef[]][];
  /** What is remembered of events that are no longer kept, group after group; empty where nothing is. */
  memory: { lengths: Uint32Array; numbers: Float64Array };
}

/** Only between batches, when `settle` has handed out every change. */
export function snapshotWindow(store: WindowStore): WindowSnapshot {
  const slots: number[] = [];
  let total = 0;
  for (let slot = 0; slot < store.groups.slotsUsed; slot++) {
    if (!store.groups.has(slot)) continue;
    slots.push(slot);
    total += store.runs.length(slot);
  }
  const withValues = keepsValues(store.spec);
  const events = {
    times: new Float64Array(total),
    origins: new Float64Array(total),
    values: new Float64Array(withValues ? total : 0),
  };
  let at = 0;
  for (const slot of slots) {
    for (let i = 0; i < store.runs.length(slot); i++, at++) {
      events.times[at] = store.runs.time(slot, i);
      events.origins[at] = store.runs.origin(slot, i);
      if (withValues) events.values[at] = store.runs.value(slot, i);
    }
  }
  const memories = store.hasMemory ? slots.map((slot) => store.memoryOf(slot)) : [];
  const column = (of: (slot: number) => number) => Uint32Array.from(slots, of);
  return {
    counters: { ...store.counters },
    markMs: store.markMs,
    groups: {
      lo: Int32Array.from(slots, (slot) => store.groups.hashLo(slot)),
      hi: Int32Array.from(slots, (slot) => store.groups.hashHi(slot)),
      touchedMark: column((slot) => store.groups.get(slot, word.touchedMark)),
      touchedAt: column((slot) => store.groups.get(slot, word.touchedAt)),
      length: column((slot) => store.runs.length(slot)),
    },
    newest: Float64Array.from(slots, (slot) => store.groups.newest(slot)),
    parents: store.parents.columns(slots),
    events,
    episodes: [...store.episodes.values()].flat(),
    proofs: store.proofs.entries(),
    memory: {
      lengths: Uint32Array.from(memories, (numbers) => numbers.length),
      numbers: Float64Array.from(memories.flat()),
    },
  };
}

export function restoreWindow(spec: WindowSpec, snapshot: WindowSnapshot): WindowStore {
  const store = new WindowStore(spec);
  Object.assign(store.counters, snapshot.counters);
  store.markMs = snapshot.markMs;
  const { groups, events, memory, parents } = snapshot;
  let at = 0;
  let remembered = 0;
  for (let g = 0; g < groups.lo.length; g++) {
    const slot = store.openGroup(groups.lo[g], groups.hi[g]);
    store.groups.set(slot, word.touchedMark, groups.touchedMark[g]);
    store.groups.set(slot, word.touchedAt, groups.touchedAt[g]);
    if (store.hasMemory) {
      const until = remembered + memory.lengths[g];
      store.measured?.restoreMemory(slot, [...memory.numbers.subarray(remembered, until)]);
      remembered = until;
    }
    for (let i = 0; i < groups.length[g]; i++, at++) {
      store.runs.append(slot, events.times[at], events.origins[at], events.values[at] ?? 0);
    }
    store.groups.setNewest(slot, snapshot.newest[g]);
    if (parents.lo.length > 0) store.parents.set(slot, parents.lo[g], parents.hi[g], parents.values[g]);
    store.recountWindow(slot);
  }
  for (const [origin, proof] of snapshot.proofs) store.proofs.set(origin, proof);
  for (const episode of snapshot.episodes) {
    const slot = store.groups.find(episode.groupLo, episode.groupHi);
    // JSON has neither: a hold that was not worked out, or that has no end, comes back as null.
    const unsaid = store.absence === null ? Number.NaN : Number.POSITIVE_INFINITY;
    const list = store.episodes.get(slot) ?? [];
    list.push({ ...episode, slot, holdUntil: episode.holdUntil ?? unsaid });
    store.episodes.set(slot, list);
  }
  return store;
}
