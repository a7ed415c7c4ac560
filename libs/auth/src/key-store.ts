import type { MintedKey } from './key.js';
import type { KeyedRequest } from './keyed-request.js';
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
  /** The secret that it had before, and until when that one still works. */
  previous: { hash: Buffer; until: number } | null;
}

/** `unknown`: there is no such key. `over`: it is revoked or expired, and a new secret would not open it again. */
export type Rotation = { kind: 'rotated'; key: KeyRecord } | { kind: 'unknown' | 'over' };

/** Where keys are kept. Changes are audited in the name of `actor`, the id of the key that asked for them; what a `request` asks for is done once. */
export interface KeyStore {
  /** May answer from memory, unless asked for `fresh`: a key revoked elsewhere is refused within a few seconds, one revoked here at once. */
  find(id: string, options?: { fresh?: boolean }): Promise<KeyRecord | null>;
  create(key: Pick<MintedKey, 'id' | 'hash'> & NewKey, actor: string, request?: KeyedRequest): Promise<KeyRecord>;
  /**
   * Creates the key unless there is one with `admin` that is neither revoked nor expired. Null: there was one.
   * `beforehand` is called before the key is there for good; where it throws, the key is not created.
   */
  createFirstAdmin(key: Pick<MintedKey, 'id' | 'hash'> & NewKey, beforehand: () => void): Promise<KeyRecord | null>;
  /** Newest first, revoked ones too. */
  list(): Promise<KeyRecord[]>;
  /** False where there is no such key. Revoking again changes nothing. */
  revoke(id: string, actor: string): Promise<boolean>;
  /** Gives the key another secret; the one it has works until `previousUntil`, and the one before that no more. */
  rotate(id: string, hash: Buffer, previousUntil: number, actor: string, request?: KeyedRequest): Promise<Rotation>;
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
