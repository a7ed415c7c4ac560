import { afterAll, beforeAll, expect, test } from 'vitest';
import { allScopes, includesScope, type Scope } from '#libs/auth';
import type { DeclaredRoute } from '../../apps/platform/src/index.js';
import { openTestWeir, type TestWeir } from './weir.js';

let weir: TestWeir;
const keyWith = {} as Record<Scope, string>;

beforeAll(async () => {
  weir = await openTestWeir();
  for (const scope of allScopes) {
    const made = await weir.ask('/api/v1/keys', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: scope, scopes: [scope] }),
    });
    keyWith[scope] = ((await made.json()) as { key: string }).key;
  }
});
afterAll(() => weir.close());

/** What may be done without a scope that is about changing: they change nothing that is anybody else's. */
const harmless = ['POST /auth/logout'];
/** What is asked with a body, and changes nothing. */
const questions = /\/(check|preview|test|search)$/;

/** `refused` is for want of a key or a scope; anything else went past the door. */
async function doorOf({ method, url }: DeclaredRoute, key: string | null): Promise<'unknown' | 'refused' | 'open'> {
  const path = url.replace(/:\w+|\*/g, 'x');
  // As through a proxy: what is open to this machine alone asks for a key, too.
  const headers: Record<string, string> = { 'x-forwarded-for': '192.0.2.1' };
  if (key !== null) headers['x-api-key'] = key;
  const aborting = new AbortController();
  const response = await fetch(weir.url + path, { method, headers, redirect: 'manual', signal: aborting.signal });
  const { status } = response;
  // A stream of events would not end.
  const text = status === 401 || status === 403 ? await response.text() : '';
  aborting.abort();
  if (status === 401) return 'unknown';
  // HEAD answers without a body, and CrowdSec's bouncers know one refusal only.
  const isForScope = method === 'HEAD' ? status === 403 : /SCOPE_MISSING|access forbidden/.test(text);
  if (status === 403 && isForScope) return text.includes('access forbidden') && key === null ? 'unknown' : 'refused';
  return 'open';
}

test('every route lets in whom it says, with every scope and with none', async () => {
  const wrong: string[] = [];
  let checked = 0;
  for (const route of weir.routes) {
    const { method, url, scope } = route;
    for (const held of [null, ...allScopes]) {
      const isOpen = scope === 'public' || (held !== null && (scope === 'any' || includesScope([held], scope)));
      const expected = isOpen ? 'open' : held === null ? 'unknown' : 'refused';
      const found = await doorOf(route, held && keyWith[held]);
      const isRight = found === expected || (method === 'HEAD' && found !== 'open' && expected !== 'open');
      if (!isRight) wrong.push(`${method} ${url} (${scope}) with ${held ?? 'no key'}: ${found}, not ${expected}`);
      checked++;
    }
  }
  expect(wrong).toEqual([]);
  expect(checked).toBe(weir.routes.length * (allScopes.length + 1));
  expect(weir.routes.length).toBeGreaterThan(40);
});

test('what changes something asks for a scope that is about changing', () => {
  const changing = weir.routes.filter(({ method, url }) => {
    return !['GET', 'HEAD'].includes(method) && !harmless.includes(`${method} ${url}`) && !questions.test(url);
  });
  expect(changing.filter(({ scope }) => ['public', 'any', 'read'].includes(scope))).toEqual([]);
});

test('the OpenAPI document has every route that asks for a key, with its scope', async () => {
  const document = (await (await fetch(`${weir.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { security: Record<string, string[]>[] }>>;
  };
  const undocumented: string[] = [];
  for (const { method, url, scope } of weir.routes) {
    if (scope === 'public' || method === 'HEAD') continue;
    const operation = document.paths[url.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
    const roles = scope === 'any' ? [] : [scope];
    if (JSON.stringify(operation?.security) !== JSON.stringify([{ bearer: roles }, { apiKey: roles }]))
      undocumented.push(`${method} ${url}`);
  }
  expect(undocumented).toEqual([]);
});
