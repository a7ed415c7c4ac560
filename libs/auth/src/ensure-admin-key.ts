import { mintKey } from './key.js';
import type { KeyStore } from './key-store.js';

/** Makes the first key with every right where there is none. Its text, the only time that anybody sees it; else null. */
export async function ensureAdminKey(store: KeyStore): Promise<string | null> {
  const { id, hash, text } = mintKey();
  const created = await store.createFirstAdmin({ id, hash, name: 'first admin', scopes: ['admin'], expiresAt: null });
  return created && text;
}
