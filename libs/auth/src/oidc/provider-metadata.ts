import type { Clock } from '#libs/clock';
import { SignInError } from './sign-in-error.js';

/** What we use of OpenID Connect Discovery 1.0, section 3. */
export interface ProviderMetadata {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  jwks_uri: string;
  userinfo_endpoint?: string;
  token_endpoint_auth_methods_supported?: readonly string[];
}

const REQUIRED = ['issuer', 'authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const;
const TIMEOUT_MS = 10_000;
/** How long what was discovered holds. */
const FRESH_MS = 10 * 60_000;

/** Asks the provider; its answers are JSON objects, or this rejects with a SignInError. */
export async function askProvider(url: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  const { origin, pathname } = new URL(url);
  const facts = { at: origin + pathname };
  let response: Response;
  let body: unknown;
  try {
    response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    body = await response.json();
  } catch (cause) {
    const said = 'The identity provider does not answer, or not in JSON; try again, or ask who runs it.';
    throw new SignInError('SIGN_IN_PROVIDER_FAILED', said, facts, { cause });
  }
  if (response.ok && typeof body === 'object' && body !== null) return body as Record<string, unknown>;
  const { error } = (body ?? {}) as { error?: unknown };
  const { status } = response;
  // A code that is used up, too old, or was never given to this browser.
  const code = error === 'invalid_grant' ? 'SIGN_IN_REFUSED' : 'SIGN_IN_PROVIDER_FAILED';
  const said = `The identity provider answered ${status}${typeof error === 'string' ? ` (${error})` : ''}; sign in again.`;
  throw new SignInError(code, said, { ...facts, status, error });
}

/** The provider's own description, asked for when it is needed and again after a while. */
export class Discovery {
  private known: { metadata: ProviderMetadata; until: number } | null = null;

  constructor(
    private readonly issuer: string,
    private readonly clock: Clock,
  ) {}

  async metadata(): Promise<ProviderMetadata> {
    if (this.known && this.known.until > this.clock.now()) return this.known.metadata;
    const metadata = await askProvider(`${this.issuer}/.well-known/openid-configuration`);
    const missing = REQUIRED.filter((name) => typeof metadata[name] !== 'string' || !URL.canParse(metadata[name]));
    // Or another provider could speak for this one.
    const isAnother = String(metadata.issuer).replace(/\/$/, '') !== this.issuer;
    if (missing.length > 0 || isAnother) {
      const said = `What WEIR_OIDC_ISSUER names does not describe itself as OpenID Connect says: look at its .well-known/openid-configuration.`;
      throw new SignInError('SIGN_IN_PROVIDER_FAILED', said, { issuer: metadata.issuer, missing });
    }
    this.known = { metadata: metadata as unknown as ProviderMetadata, until: this.clock.now() + FRESH_MS };
    return this.known.metadata;
  }
}
