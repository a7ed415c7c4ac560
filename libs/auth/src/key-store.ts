import type { MintedKey } from './key.js';
import type { Scope } from './scopes.js';

/** A key as it is stored. Times: milliseconds since the epoch. */
export interface KeyRecord {
  id: string;
  name: string;
  hash: Buffer;
  scopes: readonly Scope[];
  createdAt: number;
  expiresAt: number | null;
  lastUsedAt: number | null;
  revokedAt: number | null;
}

/** Where keys are kept. Changes are audited in the name of `actor`, the id of the key that asked for them. */
export interface KeyStore {
  /** May answer from memory: a key revoked elsewhere is refused within a few seconds, one revoked here at once. */
  find(id: string): Promise<KeyRecord | null>;
  create(key: Pick<MintedKey, 'id' | 'hash'> & NewKey, actor: string): Promise<KeyRecord>;
  /**
   * Creates the key unless there is one with `admin` that is neither revoked nor expired. Null: there was one.
   * `beforehand` is called before the key is there for good; where it throws, the key is not created.
   */
  createFirstAdmin(key: Pick<MintedKey, 'id' | 'hash'> & NewKey, beforehand: () => void): Promise<KeyRecord | null>;
  /** Newest first, revoked ones too. */
  list(): Promise<KeyRecord[]>;
  /** False where there is no such key. Revoking again changes nothing. */
  revoke(id: string, actor: string): Promise<boolean>;
  /** Notes that the key was used. Written some seconds later, many at once. */
  touch(id: string): void;
  /** Writes what `touch` noted, and stops. */
  close(): Promise<void>;
}

export interface NewKey {
  name: string;
  scopes: readonly Scope[];
  /** Milliseconds since the epoch; null: never. */
  expiresAt: number | null;
}
