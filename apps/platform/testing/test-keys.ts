import { type Authenticator, allScopes, mintKey, openAuthenticator, type Scope } from '#libs/auth';
import { systemClock } from '#libs/clock';
import { openKeyStore } from '#libs/storage';
import { openTestDatabase } from '../../../libs/storage/testing/test-database.js';

export interface TestKeys {
  authenticator: Authenticator;
  /** The text of a key with one scope. */
  keyWith: Readonly<Record<Scope, string>>;
  close(): Promise<void>;
}

/** Keys in a real PostgreSQL, one with each scope; for specs. */
export async function openTestKeys(): Promise<TestKeys> {
  const pg = await openTestDatabase();
  const store = openKeyStore({ database: pg.database, clock: systemClock });
  const keyWith = {} as Record<Scope, string>;
  for (const scope of allScopes) {
    const { id, hash, text } = mintKey();
    await store.create({ id, hash, name: scope, scopes: [scope], expiresAt: null }, 'spec');
    keyWith[scope] = text;
  }
  return {
    authenticator: openAuthenticator(store, systemClock),
    keyWith,
    async close() {
      await store.close();
      await pg.close();
    },
  };
}
