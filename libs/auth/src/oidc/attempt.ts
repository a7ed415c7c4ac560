import { createHash, createHmac, randomBytes } from 'node:crypto';

/** One try to sign in. `secret` stays in the browser that began it; the rest follows from it. */
export interface Attempt {
  secret: string;
  /** Comes back with the code: the answer belongs to this browser. */
  state: string;
  /** Comes back in the id token: the token belongs to this try. */
  nonce: string;
  /** PKCE: only who began can use the code. */
  verifier: string;
  challenge: string;
}

export function beginAttempt(): Attempt {
  return resumeAttempt(randomBytes(32).toString('base64url'));
}

/** The same try, from what the browser kept: nothing has to be stored until somebody is who they say. */
export function resumeAttempt(secret: string): Attempt {
  const derive = (use: string) => createHmac('sha256', secret).update(use).digest('base64url');
  const verifier = derive('verifier');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  return { secret, state: derive('state'), nonce: derive('nonce'), verifier, challenge };
}
