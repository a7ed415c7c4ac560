export { FolderSnapshots } from './folder-snapshots.js';
export { cutToRecordedOrder } from './recorded-order.js';
export { type Failure, RunningStage, type RunStageOptions } from './run-stage.js';
export type { SnapshotStore } from './snapshot-store.js';
export type { Stage, StepResult } from './stage.js';
