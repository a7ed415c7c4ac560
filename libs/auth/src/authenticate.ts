import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '#libs/clock';
import { hashSecret, isSecretOf, parseKey } from './key.js';
import type { KeyRecord, KeyStore } from './key-store.js';
import { allScopes, type Principal } from './scopes.js';
import type { SessionStore } from './session.js';

/** Why a request is not let in, with what to do. All are 401. */
export interface Refusal {
  kind: 'missing' | 'malformed' | 'unknown' | 'revoked' | 'expired' | 'ended';
  message: string;
}

/** `bySession`: no key was sent, and a browser may have been made to ask. */
export type Authenticated = { kind: 'principal'; principal: Principal; bySession?: true } | Refusal;

/** What a request may carry: a key in `Authorization: Bearer KEY` or `X-Api-Key: KEY`, or the cookie of a session. */
export interface Credentials {
  authorization?: string;
  apiKey?: string;
  /** Looked at only where there is no key. */
  session?: string;
}

export interface Authenticator {
  authenticate(given: Credentials): Promise<Authenticated>;
}

const refusals = {
  missing: 'Send a key, as `Authorization: Bearer KEY` or `X-Api-Key: KEY`. `weir keys create` makes one.',
  malformed: 'That is not a key of this Weir. Keys look like `weir_…_…`.',
  unknown: 'There is no such key. `weir keys list` shows which there are.',
  revoked: 'This key was revoked. Ask for a new one.',
  expired: 'This key has expired. Ask for a new one.',
  ended: 'This session is over. Sign in again.',
} satisfies Record<Refusal['kind'], string>;

/**
 * Tells who asks. `adminKey` (WEIR_ADMIN_KEY), where set, may be any text and has every scope. A wrong secret is
 * refused as an unknown key, so that ids can't be tried out. Rejects only where the store does.
 */
export function openAuthenticator(
  store: Pick<KeyStore, 'find' | 'touch'>,
  clock: Clock,
  adminKey?: string,
  sessions?: Pick<SessionStore, 'find'>,
): Authenticator {
  const adminHash = adminKey ? hashSecret(adminKey) : null;
  const administrator: Principal = { id: 'environment', name: 'WEIR_ADMIN_KEY', scopes: allScopes };
  return {
    async authenticate(given) {
      const text = keyText(given);
      if (!text) return given.session && sessions ? ofSession(given.session, sessions) : refuse('missing');
      if (adminHash && timingSafeEqual(hashSecret(text), adminHash)) {
        return { kind: 'principal', principal: administrator };
      }
      const parsed = parseKey(text);
      if (!parsed) return refuse('malformed');
      const { id, secret } = parsed;
      const isRight = (record: KeyRecord | null) => record !== null && opens(record, secret, clock.now());
      let key = await store.find(id);
      // Another process may have given the key a new secret since it was looked up here.
      if (key && !isRight(key)) key = await store.find(id, { fresh: true });
      if (!key || !isRight(key)) return refuse('unknown');
      if (key.revokedAt !== null) return refuse('revoked');
      if (key.expiresAt !== null && key.expiresAt <= clock.now()) return refuse('expired');
      store.touch(key.id);
      return { kind: 'principal', principal: { id: key.id, name: key.name, scopes: key.scopes } };
    },
  };
}

async function ofSession(token: string, sessions: Pick<SessionStore, 'find'>): Promise<Authenticated> {
  const principal = await sessions.find(hashSecret(token));
  return principal ? { kind: 'principal', principal, bySession: true } : refuse('ended');
}

/** By the secret that it has, or for a while by the one that it had. */
function opens({ hash, previous }: KeyRecord, secret: string, now: number): boolean {
  return isSecretOf(secret, hash) || (previous !== null && previous.until > now && isSecretOf(secret, previous.hash));
}

function keyText({ authorization, apiKey }: Credentials): string {
  const bearer = /^Bearer +(\S+) *$/i.exec(authorization ?? '');
  return bearer ? bearer[1] : (apiKey ?? '').trim();
}

function refuse(kind: Refusal['kind']): Refusal {
  return { kind, message: refusals[kind] };
}
