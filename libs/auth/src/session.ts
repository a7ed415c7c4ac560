import { randomBytes } from 'node:crypto';
import { hashSecret } from './key.js';
import type { Role } from './roles.js';
import type { Principal } from './scopes.js';

/** Who signed in, as the identity provider calls them. */
export interface Person {
  /** `person:<subject>`: what stands as the actor of what they change. */
  id: string;
  name: string;
  role: Role;
}

/** Where sessions are kept, by the hash of their tokens. Reject where the database does. */
export interface SessionStore {
  /** Null where there is no such session, or it is over. */
  find(hash: Buffer): Promise<Principal | null>;
  /** Forgets sessions that are over, too. */
  begin(hash: Buffer, person: Person, expiresAt: number): Promise<void>;
  /** Ending what is over, or never was, changes nothing. */
  end(hash: Buffer): Promise<void>;
}

/** 256 random bits, as keys have: `token` goes to the browser and is kept nowhere, `hash` is stored. */
export function mintSession(): { token: string; hash: Buffer } {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: hashSecret(token) };
}
