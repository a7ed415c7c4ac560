export {
  type Authenticated,
  type Authenticator,
  type KeyHeaders,
  openAuthenticator,
  type Refusal,
} from './authenticate.js';
export { ensureAdminKey } from './ensure-admin-key.js';
export { type MintedKey, mintKey } from './key.js';
export type { KeyRecord, KeyStore, NewKey } from './key-store.js';
export { allScopes, includesScope, type Principal, type Scope } from './scopes.js';
