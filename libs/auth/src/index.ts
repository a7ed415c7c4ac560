export {
  type Authenticated,
  type Authenticator,
  type KeyHeaders,
  openAuthenticator,
  type Refusal,
} from './authenticate.js';
export { ensureAdminKey } from './ensure-admin-key.js';
export { hashSecret, isSecretOf, type MintedKey, mintKey, parseKey } from './key.js';
export type { KeyRecord, KeyStore, NewKey } from './key-store.js';
export { allScopes, includesScope, isScope, type Principal, type Scope } from './scopes.js';
