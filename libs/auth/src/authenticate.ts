import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '#libs/clock';
import { hashSecret, isSecretOf, parseKey } from './key.js';
import type { KeyStore } from './key-store.js';
import { allScopes, type Principal } from './scopes.js';

/** Why a request is not let in, with what to do. All are 401. */
export interface Refusal {
  kind: 'missing' | 'malformed' | 'unknown' | 'revoked' | 'expired';
  message: string;
}

export type Authenticated = { kind: 'principal'; principal: Principal } | Refusal;

/** The two headers that may carry a key: `Authorization: Bearer KEY` or `X-Api-Key: KEY`. */
export interface KeyHeaders {
  authorization?: string;
  apiKey?: string;
}

export interface Authenticator {
  authenticate(headers: KeyHeaders): Promise<Authenticated>;
}

const refusals = {
  missing: 'Send a key, as `Authorization: Bearer KEY` or `X-Api-Key: KEY`. `weir keys create` makes one.',
  malformed: 'That is not a key of this Weir. Keys look like `weir_…_…`.',
  unknown: 'There is no such key. `weir keys list` shows which there are.',
  revoked: 'This key was revoked. Ask for a new one.',
  expired: 'This key has expired. Ask for a new one.',
} satisfies Record<Refusal['kind'], string>;

/**
 * Tells who asks. `adminKey` (WEIR_ADMIN_KEY), where set, may be any text and has every scope. A wrong secret is
 * refused as an unknown key, so that ids can't be tried out. Rejects only where the store does.
 */
export function openAuthenticator(
  store: Pick<KeyStore, 'find' | 'touch'>,
  clock: Clock,
  adminKey?: string,
): Authenticator {
  const adminHash = adminKey ? hashSecret(adminKey) : null;
  const administrator: Principal = { id: 'environment', name: 'WEIR_ADMIN_KEY', scopes: allScopes };
  return {
    async authenticate(headers) {
      const text = keyText(headers);
      if (!text) return refuse('missing');
      if (adminHash && timingSafeEqual(hashSecret(text), adminHash)) {
        return { kind: 'principal', principal: administrator };
      }
      const parsed = parseKey(text);
      if (!parsed) return refuse('malformed');
      const key = await store.find(parsed.id);
      if (!key || !isSecretOf(parsed.secret, key.hash)) return refuse('unknown');
      if (key.revokedAt !== null) return refuse('revoked');
      if (key.expiresAt !== null && key.expiresAt <= clock.now()) return refuse('expired');
      store.touch(key.id);
      return { kind: 'principal', principal: { id: key.id, name: key.name, scopes: key.scopes } };
    },
  };
}

function keyText({ authorization, apiKey }: KeyHeaders): string {
  const bearer = /^Bearer +(\S+) *$/i.exec(authorization ?? '');
  return bearer ? bearer[1] : (apiKey ?? '').trim();
}

function refuse(kind: Refusal['kind']): Refusal {
  return { kind, message: refusals[kind] };
}
