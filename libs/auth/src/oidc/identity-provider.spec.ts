import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import type { Role } from '../roles.js';
import { beginAttempt, resumeAttempt } from './attempt.js';
import { IdentityProvider } from './identity-provider.js';

const clock = new ManualClock(Date.parse('2026-01-01T00:00:00Z'));
const seconds = () => Math.floor(clock.now() / 1_000);
const attempt = beginAttempt();
const roles = new Map<string, Role>([['soc', 'viewer']]);

/** A provider that says what a test wants it to. */
let issuer = '';
let claims: JWTPayload = {};
let answer: { issuer?: string; algorithm: 'ES256' | 'HS256'; foreignKey?: boolean };
const own = await generateKeyPair('ES256');
const foreign = await generateKeyPair('ES256');

const server = createServer(async (request, response) => {
  response.setHeader('content-type', 'application/json');
  const documents: Record<string, () => Promise<object> | object> = {
    '/.well-known/openid-configuration': () => ({
      issuer: answer.issuer ?? issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
    }),
    '/keys': async () => ({ keys: [{ ...(await exportJWK(own.publicKey)), kid: 'k', alg: 'ES256', use: 'sig' }] }),
    '/token': async () => ({ access_token: 'a', id_token: await signed() }),
  };
  response.end(JSON.stringify(await documents[request.url!]()));
});

function signed(): Promise<string> {
  const { algorithm: alg, foreignKey } = answer;
  const key =
    alg === 'HS256' ? Buffer.from('a-secret-of-the-client-as-long-as-that') : (foreignKey ? foreign : own).privateKey;
  return new SignJWT(claims).setProtectedHeader({ alg, kid: 'k' }).sign(key);
}

beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());
beforeEach(() => {
  answer = { algorithm: 'ES256' };
  claims = {
    iss: issuer,
    aud: 'weir',
    sub: '7',
    email: 'ann@example.org',
    groups: ['soc'],
    nonce: attempt.nonce,
    iat: seconds(),
    exp: seconds() + 60,
  };
});

const ask = () => {
  const options = { issuer, clientId: 'weir', clientSecret: 'a-secret-of-the-client-as-long-as-that', roles };
  const provider = new IdentityProvider(
    { ...options, redirectUri: 'http://weir/auth/callback', scope: 'openid', groupsClaim: 'groups' },
    clock,
  );
  return provider.personOf('code', attempt);
};

test('what the provider says is believed', async () => {
  expect(await ask()).toEqual({ id: 'person:7', name: 'ann@example.org', role: 'viewer' });
  claims.groups = 'soc';
  claims.aud = ['weir', 'another'];
  claims.azp = 'weir';
  expect(await ask()).toMatchObject({ role: 'viewer' });
});

test.each<[string, () => void]>([
  ['another audience', () => void (claims.aud = 'another')],
  ['another authorized party', () => void (claims.azp = 'another')],
  ['another issuer', () => void (claims.iss = 'https://elsewhere.example')],
  ['another nonce', () => void (claims.nonce = beginAttempt().nonce)],
  ['no nonce', () => void delete claims.nonce],
  ['no expiry', () => void delete claims.exp],
  ['an expiry that is over', () => void (claims.exp = seconds() - 31)],
  ['a beginning to come', () => void (claims.nbf = seconds() + 31)],
  ['no subject', () => void delete claims.sub],
  ['the signature of another key', () => void (answer.foreignKey = true)],
  ['a signature by the client’s secret', () => void (answer.algorithm = 'HS256')],
])('a token with %s is refused', async (_, spoil) => {
  spoil();
  await expect(ask()).rejects.toMatchObject({ code: 'SIGN_IN_TOKEN_INVALID' });
});

test('a provider that calls itself otherwise is refused', async () => {
  answer.issuer = 'https://elsewhere.example';
  await expect(ask()).rejects.toMatchObject({ code: 'SIGN_IN_PROVIDER_FAILED' });
});

test('groups without a role are refused', async () => {
  claims.groups = ['SOC', 7, null];
  await expect(ask()).rejects.toMatchObject({ code: 'SIGN_IN_NO_ROLE' });
});

test('a try is resumed from its secret alone, and nothing of it tells another part', () => {
  expect(resumeAttempt(attempt.secret)).toEqual(attempt);
  expect(new Set(Object.values(attempt)).size).toBe(5);
});
