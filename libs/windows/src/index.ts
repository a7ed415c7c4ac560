export { changeCondition, keptFor } from './change-condition.js';
export type { EvidenceRef } from './episode.js';
export type { Limits } from './measure.js';
export type { MeasureSpec } from './measures/make.js';
export { restoreWindow, snapshotWindow, type WindowSnapshot } from './snapshot.js';
export type { EpisodeView } from './view.js';
export type { WindowCounters, WindowHits, WindowRule, WindowSpec } from './window-spec.js';
export { WindowStore } from './window-store.js';
