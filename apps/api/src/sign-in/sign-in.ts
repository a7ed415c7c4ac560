import type { IdentityProvider, SessionStore } from '#libs/auth';
import type { Cookies, WrongKeys } from '../../../platform/src/index.js';

export const SIGN_IN = Symbol('SIGN_IN');

/** How people get in without a key. */
export interface SignIn {
  /** Null: they don't. */
  provider: IdentityProvider | null;
  sessions: SessionStore;
  sessionMs: number;
  cookies: Cookies;
  /** Failed sign-ins count as wrong keys do. */
  wrongKeys: WrongKeys;
}
