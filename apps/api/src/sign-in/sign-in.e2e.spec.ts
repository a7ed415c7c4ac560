import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Module, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { IdentityProvider, openAuthenticator, type Role } from '#libs/auth';
import { ManualClock } from '#libs/clock';
import { openKeyStore, PostgresSessions } from '#libs/storage';
import { createLogger } from '#libs/telemetry';
import { openTestDatabase, type TestDatabase } from '../../../../libs/storage/testing/test-database.js';
import { CLOCK, cookiesOf, createHttpApp, RequireScope, WrongKeys } from '../../../platform/src/index.js';
import { client, TestBrowser, TestProvider } from '../../testing/identity-provider.js';
import { MeController } from './me.controller.js';
import { SignInController } from './sign-in.controller.js';
import { SIGN_IN, type SignIn } from './sign-in.js';

@Controller('changes')
class Changes {
  @Post()
  @RequireScope('triage')
  change() {
    return { changed: true };
  }
}

const wrongMax = 5;
const clock = new ManualClock(Date.now());
const roles = new Map<string, Role>([
  ['soc', 'analyst'],
  ['ops', 'admin'],
]);
let pg: TestDatabase;
let app: NestFastifyApplication;
let provider: TestProvider;
let base: string;
let callback: string;
let browser: TestBrowser;

beforeAll(async () => {
  pg = await openTestDatabase();
  const keys = openKeyStore({ database: pg.database, clock });
  // Filled in once the addresses are known: the provider must know ours, and the other way round.
  const signIn: SignIn = {
    provider: null,
    sessions: new PostgresSessions(pg.database, clock),
    sessionMs: 600_000,
    cookies: cookiesOf(null),
    wrongKeys: new WrongKeys(wrongMax, clock),
  };
  @Module({
    controllers: [SignInController, MeController, Changes],
    providers: [
      { provide: SIGN_IN, useValue: signIn },
      { provide: CLOCK, useValue: clock },
    ],
  })
  class SignInModule {}
  app = await createHttpApp(SignInModule, {
    keys: openAuthenticator(keys, clock, 'the admin key', signIn.sessions),
    logger: createLogger('silent'),
    wrongKeys: signIn.wrongKeys,
    clock,
  });
  await app.listen(0, '127.0.0.1');
  base = await app.getUrl();
  callback = `${base}/auth/callback`;
  expect(await (await fetch(`${base}/auth`)).json()).toEqual({ signIn: null });
  expect((await fetch(`${base}/auth/login`)).status).toBe(404);
  provider = new TestProvider(callback);
  await provider.start();
  const options = {
    issuer: provider.issuer,
    clientId: client.id,
    clientSecret: client.secret,
    redirectUri: callback,
    scope: 'openid profile',
    groupsClaim: 'groups',
    roles,
  };
  signIn.provider = new IdentityProvider(options, clock);
});
afterAll(async () => {
  await app.close();
  await provider.stop();
  await pg.close();
});
beforeEach(() => {
  browser = new TestBrowser();
  // A minute of its own for each test's failures.
  clock.advance(60_000);
  clock.advance(Math.max(0, Date.now() - clock.now()));
});

const login = (name: string) => browser.signIn(`${base}/auth/login`, name, callback);
const me = async () => {
  const response = await browser.ask(`${base}/api/v1/me`);
  return {
    status: response.status,
    ...((await response.json()) as { code?: string; name?: string; scopes?: string[] }),
  };
};
const codeOf = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code];

test('a person signs in, is who the provider says, does what their role may, and signs out', async () => {
  expect(await (await fetch(`${base}/auth`)).json()).toEqual({ signIn: '/auth/login' });
  const back = await browser.ask(await login('alice+soc+others'));
  expect([back.status, back.headers.get('location')]).toEqual([302, '../']);
  const cookie = back.headers.getSetCookie().find((line) => line.startsWith('weir_session='))!;
  expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600$/);
  const token = browser.cookie(base, 'weir_session')!;
  expect(await me()).toMatchObject({
    status: 200,
    id: 'person:alice+soc+others',
    name: 'alice',
    scopes: ['read', 'triage'],
  });
  expect(JSON.stringify(await pg.database.query('SELECT * FROM decided.session'))).not.toContain(token);

  const logout = (headers: Record<string, string>) => browser.ask(`${base}/auth/logout`, { method: 'POST', headers });
  expect(await codeOf(await logout({ 'sec-fetch-site': 'cross-site' }))).toEqual([403, 'CROSS_SITE']);
  expect((await me()).status).toBe(200);
  expect((await logout({ origin: base })).status).toBe(204);
  expect(browser.cookie(base, 'weir_session')).toBeUndefined();
  browser.setCookie(base, 'weir_session', token);
  expect(await me()).toMatchObject({ status: 401, code: 'SESSION_ENDED' });
  const audit = await pg.database.query('SELECT actor, action, subject FROM decided.audit_log ORDER BY id');
  expect(audit).toEqual(
    ['person.signed-in', 'person.signed-out'].map((action) => {
      return { actor: 'person:alice+soc+others', action, subject: 'person:alice+soc+others' };
    }),
  );
});

test('a session is over when its time is', async () => {
  await browser.ask(await login('alice+soc'));
  clock.advance(599_000);
  expect((await me()).status).toBe(200);
  clock.advance(1_000);
  expect(await me()).toMatchObject({ status: 401, code: 'SESSION_ENDED' });
});

test.each([
  [{ 'sec-fetch-site': 'same-origin' }, 201],
  [{ 'sec-fetch-site': 'same-site' }, 403],
  [{ 'sec-fetch-site': 'none' }, 403],
  [{ origin: 'own' }, 201],
  [{ origin: 'http://elsewhere.example' }, 403],
  [{ origin: 'null' }, 403],
  [{}, 403],
  // A form may send this with a cookie: the user and password of an address.
  [{ authorization: 'Basic eDp5', origin: 'http://elsewhere.example' }, 403],
  [{ 'x-api-key': '', origin: 'http://elsewhere.example' }, 403],
  [{ 'x-api-key': 'the admin key', origin: 'http://elsewhere.example' }, 201],
] as const)('what changes something by cookie comes from our own page: %j', async (headers, status) => {
  await browser.ask(await login('alice+soc'));
  const given = { ...headers, ...('origin' in headers && headers.origin === 'own' ? { origin: base } : {}) };
  expect((await browser.ask(`${base}/changes`, { method: 'POST', headers: given })).status).toBe(status);
});

test('the highest role of a person’s groups counts; without one nobody is let in', async () => {
  await browser.ask(await login('root+soc+ops'));
  expect(await me()).toMatchObject({ name: 'root', scopes: ['admin'] });
  browser = new TestBrowser();
  expect(await codeOf(await browser.ask(await login('mallory+nobody')))).toEqual([403, 'SIGN_IN_NO_ROLE']);
  expect((await me()).status).toBe(401);
});

test('an answer for another browser, another try or without a code is refused', async () => {
  const url = await login('alice+soc');
  const stranger = new TestBrowser();
  expect(await codeOf(await stranger.ask(url))).toEqual([403, 'SIGN_IN_STATE_WRONG']);
  const forged = new URL(url);
  forged.searchParams.set('state', 'x'.repeat(43));
  expect(await codeOf(await browser.ask(forged.href))).toEqual([403, 'SIGN_IN_STATE_WRONG']);
  const denied = new URL(url);
  denied.searchParams.delete('code');
  denied.searchParams.set('error', 'access_denied');
  expect(await codeOf(await browser.ask(denied.href))).toEqual([403, 'SIGN_IN_REFUSED']);
  // The right one still works, once: its code is used up then, and so is the browser's try.
  expect((await browser.ask(url)).status).toBe(302);
  expect(await codeOf(await browser.ask(url))).toEqual([403, 'SIGN_IN_STATE_WRONG']);
});

test('a code that was taken from another try does not open: PKCE', async () => {
  const victim = await login('root+ops');
  const thief = new TestBrowser();
  const own = new URL(await thief.signIn(`${base}/auth/login`, 'mallory+nobody', callback));
  own.searchParams.set('code', new URL(victim).searchParams.get('code')!);
  expect(await codeOf(await thief.ask(own.href))).toEqual([403, 'SIGN_IN_REFUSED']);
});

test('the provider’s keys change, and the next sign-in works', async () => {
  await browser.ask(await login('alice+soc'));
  await provider.start();
  await delay(1_100);
  browser = new TestBrowser();
  expect((await browser.ask(await login('bob+ops'))).status).toBe(302);
  expect(await me()).toMatchObject({ name: 'bob', scopes: ['admin'] });
});

test('failed tries are limited for each address, and a session from there goes on', async () => {
  await browser.ask(await login('alice+soc'));
  expect((await me()).status).toBe(200);
  const stranger = new TestBrowser();
  const answers: number[] = [];
  for (let i = 0; i < wrongMax + 2; i++) answers.push((await stranger.ask(`${callback}?code=x&state=y`)).status);
  expect(answers).toEqual([...Array<number>(wrongMax).fill(403), 429, 429]);
  expect((await me()).status).toBe(200);
  const keyed = await fetch(`${base}/api/v1/me`, {
    headers: { 'x-api-key': `weir_${'0'.repeat(16)}_${'A'.repeat(43)}` },
  });
  expect([keyed.status, Number(keyed.headers.get('retry-after')) > 0]).toEqual([429, true]);
});
