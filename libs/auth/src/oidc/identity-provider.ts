import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '#libs/clock';
import { type Role, roleOf } from '../roles.js';
import type { Person } from '../session.js';
import type { Attempt } from './attempt.js';
import { askProvider, Discovery, type ProviderMetadata } from './provider-metadata.js';
import { SignInError } from './sign-in-error.js';

export interface OidcOptions {
  /** Without a slash at its end. */
  issuer: string;
  clientId: string;
  /** Null: a public client, which PKCE alone protects. */
  clientSecret: string | null;
  /** Where the provider sends people back to. */
  redirectUri: string;
  /** What is asked for, `openid` among it. */
  scope: string;
  /** The claim that holds a person's groups: a list of text, or one text. */
  groupsClaim: string;
  /** Which role a group gives. */
  roles: ReadonlyMap<string, Role>;
}

/** Signatures that only the provider can make: never `none`, never a shared secret. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
/** How far its clock may be off ours. */
const CLOCK_TOLERANCE_SECONDS = 30;
/** A key that is not known is looked for, this often at most. */
const KEYS_COOLDOWN_MS = 1_000;

type KeySet = ReturnType<typeof createRemoteJWKSet>;

/** People sign in by OpenID Connect's authorization code flow, with PKCE, state and nonce. */
export class IdentityProvider {
  private readonly discovery: Discovery;
  private keys: { uri: string; set: KeySet } | null = null;

  constructor(
    private readonly options: OidcOptions,
    private readonly clock: Clock,
  ) {
    this.discovery = new Discovery(options.issuer, clock);
  }

  /** Where the browser goes to sign in. */
  async authorizationUrl(attempt: Attempt): Promise<string> {
    const { clientId, redirectUri, scope } = this.options;
    const url = new URL((await this.discovery.metadata()).authorization_endpoint);
    const asked = {
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      scope,
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: attempt.challenge,
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
    return url.href;
  }

  /** Who came back with this code. Rejects with a SignInError. */
  async personOf(code: string, attempt: Attempt): Promise<Person> {
    const metadata = await this.discovery.metadata();
    const tokens = await this.exchange(metadata, code, attempt);
    const claims = await this.verified(metadata, tokens.id_token, attempt.nonce);
    const about = await this.withGroups(metadata, claims, tokens.access_token);
    const groups = listOf(about[this.options.groupsClaim]);
    const role = roleOf(groups, this.options.roles);
    const id = `person:${claims.sub}`;
    if (role !== null) return { id, name: nameOf(about), role };
    const said =
      'None of your groups has a role in Weir. Ask its administrator: WEIR_OIDC_ROLES names the groups that have.';
    throw new SignInError('SIGN_IN_NO_ROLE', said, { person: id, groups: groups.length });
  }

  private exchange(metadata: ProviderMetadata, code: string, attempt: Attempt): Promise<Record<string, unknown>> {
    const { clientId, clientSecret, redirectUri } = this.options;
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: attempt.verifier,
    });
    const headers: Record<string, string> = { accept: 'application/json' };
    const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    if (clientSecret !== null && methods.includes('client_secret_basic')) {
      headers.authorization = `Basic ${Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64')}`;
    } else {
      form.set('client_id', clientId);
      if (clientSecret !== null) form.set('client_secret', clientSecret);
    }
    return askProvider(metadata.token_endpoint, { method: 'POST', headers, body: form });
  }

  /** The id token's claims, once its signature, issuer, audience, times and nonce are right. */
  private async verified({ jwks_uri, issuer }: ProviderMetadata, token: unknown, nonce: string): Promise<JWTPayload> {
    const { clientId } = this.options;
    try {
      const { payload } = await jwtVerify(String(token), this.keySet(jwks_uri), {
        issuer,
        audience: clientId,
        algorithms: ALGORITHMS,
        requiredClaims: ['sub', 'exp', 'iat'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(this.clock.now()),
      });
      if (payload.nonce !== nonce) throw new TypeError('the nonce is of another try');
      if (payload.azp !== undefined && payload.azp !== clientId) throw new TypeError('it was made for another client');
      return payload;
    } catch (cause) {
      const { code, message } = cause as { code?: string; message: string };
      const said = 'What the identity provider said of you can’t be trusted; sign in again, and check the clocks.';
      throw new SignInError('SIGN_IN_TOKEN_INVALID', said, { reason: code ?? message }, { cause });
    }
  }

  private keySet(uri: string): KeySet {
    if (this.keys?.uri !== uri) {
      this.keys = { uri, set: createRemoteJWKSet(new URL(uri), { cooldownDuration: KEYS_COOLDOWN_MS }) };
    }
    return this.keys.set;
  }

  /** Providers may keep groups out of the id token: then their userinfo has them. */
  private async withGroups(metadata: ProviderMetadata, claims: JWTPayload, accessToken: unknown): Promise<JWTPayload> {
    const { userinfo_endpoint: endpoint } = metadata;
    if (claims[this.options.groupsClaim] !== undefined || !endpoint || typeof accessToken !== 'string') return claims;
    const more = await askProvider(endpoint, { headers: { authorization: `Bearer ${accessToken}` } });
    if (more.sub === claims.sub) return { ...more, ...claims };
    const said = 'The identity provider’s userinfo is of somebody else; sign in again.';
    throw new SignInError('SIGN_IN_TOKEN_INVALID', said, { reason: 'userinfo is of another subject' });
  }
}

function nameOf({ preferred_username, name, email, sub }: JWTPayload): string {
  const named = [preferred_username, email, name].find((text) => typeof text === 'string' && text !== '');
  return String(named ?? sub).slice(0, 200);
}

function listOf(claim: unknown): readonly string[] {
  return [claim].flat().filter((group) => typeof group === 'string');
}

/** As RFC 6749 (section 2.3.1) has it before base64. */
function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}
