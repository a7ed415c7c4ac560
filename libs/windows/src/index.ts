export type { EvidenceRef } from './episode.js';
export { restoreWindow, snapshotWindow, type WindowSnapshot } from './snapshot.js';
export type { EpisodeView } from './view.js';
export type { WindowCounters, WindowHits, WindowSpec } from './window-spec.js';
export { WindowStore } from './window-store.js';
