/**
 * Where a stateful stage keeps its state, one snapshot per name (a partition's). What is saved is saved whole or not
 * at all: state and the position it belongs to are one unit.
 */
export interface SnapshotStore {
  /** Replaces the snapshot; durable when it resolves. */
  save(name: string, parts: readonly Uint8Array[]): Promise<void>;
  /** The newest whole snapshot, or null. A damaged one is reported as absent: the log can rebuild it. */
  load(name: string): Promise<Buffer | null>;
  delete(name: string): Promise<void>;
}
