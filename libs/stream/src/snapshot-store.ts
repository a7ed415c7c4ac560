/**
 * Where a stateful stage keeps its state, one snapshot per name (a partition's). What is saved is saved whole or not
 * at all: state and the position it belongs to are one unit.
 */
export interface SnapshotStore {
  /**
   * Replaces the snapshot; durable when it resolves. `position`: what it is as of. False, and nothing is changed, where
   * one of a later position is there, or where another process has loaded the name since this one has: the state lives there now.
   */
  save(name: string, position: number, parts: readonly Uint8Array[]): Promise<boolean>;
  /**
   * The newest snapshot, or null; who loads it is the one who may save under its name. Whether its bytes are still whole
   * is for its reader to tell: it knows the format.
   */
  load(name: string): Promise<Buffer | null>;
  /** It is of no use to anyone: one of any position may follow. */
  delete(name: string): Promise<void>;
}
