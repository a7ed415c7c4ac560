import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureAdminKey, type KeyStore, mintKey, openAuthenticator } from '#libs/auth';
import { ManualClock } from '#libs/clock';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { openKeyStore } from './key-store.js';

let pg: TestDatabase;
const clock = new ManualClock(Date.parse('2026-01-01T00:00:00Z'));
const open = () => openKeyStore({ database: pg.database, clock });

beforeAll(async () => {
  pg = await openTestDatabase();
});
afterAll(() => pg.close());

test('the first start makes one admin key, whoever starts at the same time', async () => {
  const [one, other] = [open(), open()];
  const kept: string[] = [];
  const ensure = (store: KeyStore) => ensureAdminKey(store, (text) => kept.push(text));
  const full = () => {
    throw new RangeError('the disk is full');
  };
  await expect(ensureAdminKey(one, full)).rejects.toThrow('the disk is full');
  expect(await one.list()).toEqual([]);
  const made = (await Promise.all([ensure(one), ensure(other)])).filter((text) => text !== null);
  expect(made).toHaveLength(1);
  expect(kept).toEqual(made);
  expect(await ensure(one)).toBeNull();

  const answer = await openAuthenticator(one, clock).authenticate({ authorization: `Bearer ${made[0]}` });
  expect(answer).toMatchObject({ kind: 'principal', principal: { name: 'first admin', scopes: ['admin'] } });

  const [admin] = await one.list();
  expect(JSON.stringify(await pg.database.query('SELECT * FROM decided.api_key'))).not.toContain(made[0]!.slice(22));
  await one.revoke(admin.id, 'weir');
  expect(await ensure(one)).not.toBeNull();
  await Promise.all([one.close(), other.close()]);
});

test('a revoked key is refused at once here, and within seconds elsewhere', async () => {
  const [here, elsewhere] = [open(), open()];
  const { id, hash, text } = mintKey();
  await here.create({ id, hash, name: 'reader', scopes: ['read'], expiresAt: null }, 'weir');
  const ask = async (store: typeof here) => (await openAuthenticator(store, clock).authenticate({ apiKey: text })).kind;
  expect([await ask(here), await ask(elsewhere)]).toEqual(['principal', 'principal']);

  expect(await here.revoke(id, 'boss')).toBe(true);
  expect([await ask(here), await ask(elsewhere)]).toEqual(['revoked', 'principal']);
  clock.advance(3_000);
  expect(await ask(elsewhere)).toBe('revoked');

  expect(await here.revoke('0000000000000000', 'boss')).toBe(false);
  expect(await here.revoke(id, 'boss')).toBe(true);
  const audit = await pg.database.query('SELECT actor, action FROM decided.audit_log WHERE subject = $1 ORDER BY id', [
    `key:${id}`,
  ]);
  expect(audit).toEqual([
    { actor: 'weir', action: 'key.created' },
    { actor: 'boss', action: 'key.revoked' },
  ]);
  await Promise.all([here.close(), elsewhere.close()]);
});

test('a key is refused from the moment it expires', async () => {
  const store = open();
  const { id, hash, text } = mintKey();
  await store.create({ id, hash, name: 'short', scopes: ['read'], expiresAt: clock.now() + 1_000 }, 'weir');
  const ask = async () => (await openAuthenticator(store, clock).authenticate({ apiKey: text })).kind;
  expect(await ask()).toBe('principal');
  clock.advance(1_000);
  expect(await ask()).toBe('expired');
  await store.close();
});

test('last use is written at close, and never moves back', async () => {
  const store = open();
  const { id, hash } = mintKey();
  await store.create({ id, hash, name: 'used', scopes: ['ingest'], expiresAt: null }, 'weir');
  store.touch(id);
  await store.close();
  expect((await open().list()).find((key) => key.id === id)?.lastUsedAt).toBe(clock.now());
});

test('a rotated key works with both secrets at once and everywhere, then with the new one only', async () => {
  const [here, elsewhere] = [open(), open()];
  const first = mintKey();
  await here.create({ id: first.id, hash: first.hash, name: 'sender', scopes: ['ingest'], expiresAt: null }, 'weir');
  const ask = async (store: typeof here, { text }: { text: string }) =>
    (await openAuthenticator(store, clock).authenticate({ apiKey: text })).kind;
  expect([await ask(here, first), await ask(elsewhere, first)]).toEqual(['principal', 'principal']);

  const second = mintKey(first.id);
  const until = clock.now() + 60_000;
  expect(await here.rotate(first.id, second.hash, until, 'boss')).toMatchObject({
    kind: 'rotated',
    key: { name: 'sender', previous: { until } },
  });
  for (const store of [here, elsewhere])
    expect([await ask(store, first), await ask(store, second)]).toEqual(['principal', 'principal']);
  clock.advance(60_000);
  for (const store of [here, elsewhere])
    expect([await ask(store, first), await ask(store, second)]).toEqual(['unknown', 'principal']);

  // Rotated twice within the time, the oldest is gone: two secrets are enough to go wrong with.
  const [third, fourth] = [mintKey(first.id), mintKey(first.id)];
  for (const { hash } of [third, fourth]) await here.rotate(first.id, hash, clock.now() + 60_000, 'boss');
  expect(await Promise.all([second, third, fourth].map((key) => ask(here, key)))).toEqual([
    'unknown',
    'principal',
    'principal',
  ]);

  expect(await here.rotate('0000000000000000', second.hash, until, 'boss')).toEqual({ kind: 'unknown' });
  await here.revoke(first.id, 'boss');
  expect(await here.rotate(first.id, second.hash, until, 'boss')).toEqual({ kind: 'over' });
  expect(await ask(here, third)).toBe('revoked');
  const audit = await pg.database.query('SELECT action FROM decided.audit_log WHERE subject = $1 ORDER BY id', [
    `key:${first.id}`,
  ]);
  expect(audit.map(({ action }: { action: string }) => action)).toEqual([
    'key.created',
    'key.rotated',
    'key.rotated',
    'key.rotated',
    'key.revoked',
  ]);
  await Promise.all([here.close(), elsewhere.close()]);
});
