import { expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import { openAuthenticator } from './authenticate.js';
import { hashSecret, mintKey, parseKey } from './key.js';
import type { KeyRecord, KeyStore } from './key-store.js';
import { includesScope } from './scopes.js';

const clock = new ManualClock(1_000_000);
const minted = mintKey();
const record: KeyRecord = {
  id: minted.id,
  name: 'ci',
  hash: minted.hash,
  scopes: ['ingest'],
  createdAt: 0,
  expiresAt: null,
  lastUsedAt: null,
  revokedAt: null,
  previous: null,
};

/** Keys that are only read: enough to authenticate by. */
function storeOf(...keys: KeyRecord[]) {
  const used: string[] = [];
  const store: Pick<KeyStore, 'find' | 'touch'> = {
    find: async (id) => keys.find((key) => key.id === id) ?? null,
    touch: (id) => void used.push(id),
  };
  return { store, used };
}

test('a key says who asks and what it may do, and its use is noted', async () => {
  const { store, used } = storeOf(record);
  const auth = openAuthenticator(store, clock);
  const principal = { id: minted.id, name: 'ci', scopes: ['ingest'] };
  expect(await auth.authenticate({ authorization: `Bearer ${minted.text}` })).toEqual({ kind: 'principal', principal });
  expect(await auth.authenticate({ authorization: `bearer  ${minted.text}` })).toMatchObject({ kind: 'principal' });
  expect(await auth.authenticate({ apiKey: minted.text })).toMatchObject({ kind: 'principal' });
  expect(used).toEqual([minted.id, minted.id, minted.id]);
});

test.each([
  ['missing', {}, record],
  ['missing', { authorization: 'Basic eDp5' }, record],
  ['malformed', { apiKey: 'hunter2' }, record],
  ['malformed', { apiKey: `${minted.text}x` }, record],
  ['unknown', { apiKey: mintKey().text }, record],
  ['unknown', { apiKey: `weir_${minted.id}_${'A'.repeat(43)}` }, record],
  ['revoked', { apiKey: minted.text }, { ...record, revokedAt: 5 }],
  ['expired', { apiKey: minted.text }, { ...record, expiresAt: 1_000_000 }],
] as const)('%s: %j', async (kind, headers, key) => {
  const { store, used } = storeOf(key);
  expect(await openAuthenticator(store, clock).authenticate(headers)).toMatchObject({ kind });
  expect(used).toEqual([]);
});

test('after a rotation both secrets work, the old one until its time; a cached key is looked up again', async () => {
  const next = mintKey(minted.id);
  const rotated = { ...record, hash: next.hash, previous: { hash: minted.hash, until: 1_000_001 } };
  const stale: Pick<KeyStore, 'find' | 'touch'> = {
    find: async (_, options) => (options?.fresh ? rotated : record),
    touch: () => {},
  };
  const kindOf = async (store: typeof stale, apiKey: string) =>
    (await openAuthenticator(store, clock).authenticate({ apiKey })).kind;
  expect(await kindOf(stale, next.text)).toBe('principal');
  expect(await kindOf(storeOf(rotated).store, minted.text)).toBe('principal');
  const late = { ...rotated, previous: { hash: minted.hash, until: 1_000_000 } };
  expect(await kindOf(storeOf(late).store, minted.text)).toBe('unknown');
  expect(await kindOf(storeOf(late).store, next.text)).toBe('principal');
});

test('a session counts where there is no key, and is said to be one', async () => {
  const person = { id: 'person:7', name: 'ann', scopes: ['read'] as const };
  const sessions = { find: async (hash: Buffer) => (hash.equals(hashSecret('token')) ? person : null) };
  const { store } = storeOf(record);
  const auth = openAuthenticator(store, clock, undefined, sessions);
  const byCookie = { kind: 'principal', principal: person, bySession: true };
  expect(await auth.authenticate({ session: 'token' })).toEqual(byCookie);
  expect(await auth.authenticate({ session: 'token', authorization: 'Basic eDp5', apiKey: '' })).toEqual(byCookie);
  expect(await auth.authenticate({ session: 'other' })).toMatchObject({ kind: 'ended' });
  expect(await auth.authenticate({ session: 'token', apiKey: 'hunter2' })).toMatchObject({ kind: 'malformed' });
  expect(await auth.authenticate({ session: 'token', apiKey: minted.text })).not.toHaveProperty('bySession');
});

test('the environment’s key has every scope, whatever it looks like', async () => {
  const { store } = storeOf();
  const auth = openAuthenticator(store, clock, 'correct horse');
  expect(await auth.authenticate({ apiKey: 'correct horse' })).toMatchObject({ principal: { name: 'WEIR_ADMIN_KEY' } });
  expect(await auth.authenticate({ apiKey: 'correct hors' })).toMatchObject({ kind: 'malformed' });
});

test('admin includes every scope, others only themselves', () => {
  expect(includesScope(['admin'], 'decisions')).toBe(true);
  expect(includesScope(['read', 'triage'], 'triage')).toBe(true);
  expect(includesScope(['read', 'triage'], 'admin')).toBe(false);
});

test('minted keys differ, and only the hash of the secret is for keeping', () => {
  const other = mintKey();
  expect(other.id).not.toBe(minted.id);
  const { id, secret } = parseKey(minted.text)!;
  expect(id).toBe(minted.id);
  expect(hashSecret(secret)).toEqual(minted.hash);
});
