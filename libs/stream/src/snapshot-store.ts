/**
 * Where a stateful stage keeps its state, one snapshot per name (a partition's). What is saved is saved whole or not
 * at all: state and the position it belongs to are one unit.
 */
export interface SnapshotStore {
  /** Replaces the snapshot; durable when it resolves. */
  save(name: string, parts: readonly Uint8Array[]): Promise<void>;
  /** The newest snapshot, or null. Whether its bytes are still whole is for its reader to tell: it knows the format. */
  load(name: string): Promise<Buffer | null>;
  delete(name: string): Promise<void>;
}
