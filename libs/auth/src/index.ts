export {
  type Authenticated,
  type Authenticator,
  type Credentials,
  openAuthenticator,
  type Refusal,
} from './authenticate.js';
export { ensureAdminKey } from './ensure-admin-key.js';
export { hashSecret, type MintedKey, mintKey } from './key.js';
export type { KeyRecord, KeyStore, NewKey, Rotation } from './key-store.js';
export type { KeyedRequest } from './keyed-request.js';
export { beginAttempt, resumeAttempt } from './oidc/attempt.js';
export { IdentityProvider, type OidcOptions } from './oidc/identity-provider.js';
export type { SignInError, SignInErrorCode } from './oidc/sign-in-error.js';
export { type Role, scopesOf } from './roles.js';
export { allScopes, includesScope, type Principal, type Scope } from './scopes.js';
export { mintSession, type Person, type SessionStore } from './session.js';
