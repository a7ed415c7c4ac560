export type { EvidenceRef } from './episode.js';
export { restoreWindow, snapshotWindow, type WindowSnapshot } from './snapshot.js';
export type { EpisodeView } from './view.js';
export { type WindowCounters, type WindowSpec, WindowStore } from './window-store.js';
