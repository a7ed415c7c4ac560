export type { CatchUpState } from './catch-up.js';
export type { Failure } from './failure.js';
export { FolderSnapshots } from './folder-snapshots.js';
export { cutToRecordedOrder } from './recorded-order.js';
export { RunningStage, type RunStageOptions } from './run-stage.js';
export type { SnapshotStore } from './snapshot-store.js';
export type { Stage, StepResult } from './stage.js';
