/**
 * Where a stateful stage keeps its state, one snapshot per name (a partition's). What is saved is saved whole or not
 * at all: state and the position it belongs to are one unit.
 */
export interface SnapshotStore {
  /**
   * Replaces the snapshot: who loads it finds it, though this process be killed. `position`: what it is as of. False,
   * and nothing is changed, where one of a later position is there, or where another process has loaded the name since
   * this one has: the state lives there now.
   */
  save(name: string, position: number, parts: readonly Uint8Array[]): Promise<boolean>;
  /**
   * The newest snapshot whose bytes are whole, or null; who loads it is the one who may save under its name. No bytes
   * where what was saved is damaged: the state is to be made again from the log.
   */
  load(name: string): Promise<Buffer | null>;
  /** It is of no use to anyone: one of any position may follow. */
  delete(name: string): Promise<void>;
}
