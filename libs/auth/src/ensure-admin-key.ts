import { mintKey } from './key.js';
import type { KeyStore } from './key-store.js';

/**
 * Makes the first key with every right where there is none. Its text, the only time that anybody sees it; else null.
 * `keep` is called with it just before the key comes to be: a process that dies in between leaves a note of a key that
 * there is not, and the next start makes another; the other way round nobody would have the key that there is.
 */
export async function ensureAdminKey(store: KeyStore, keep: (text: string) => void): Promise<string | null> {
  const { id, hash, text } = mintKey();
  const key = { id, hash, name: 'first admin', scopes: ['admin' as const], expiresAt: null };
  const created = await store.createFirstAdmin(key, () => keep(text));
  return created && text;
}
