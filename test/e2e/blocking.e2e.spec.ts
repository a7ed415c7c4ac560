import { readFileSync, writeFileSync } from 'node:fs';
import { get as plainGet } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';

interface Told {
  new: { value: string; duration: string }[] | null;
  deleted: { value: string; duration: string }[] | null;
}
interface Alert {
  id: string;
  state: string;
  group: Record<string, string>;
  events: number;
  silencedBy: string[];
}
interface Decision {
  startsAt: string;
  guard: string | null;
}
interface Silence {
  id: string;
  state: string;
  source: string;
  held: number;
  reason: string;
}

const cli = new Cli();
const file = join(cli.dataDir, 'silences.yml');
let weir: Running;
let admin: string;
let bouncer: string;

beforeAll(async () => {
  writeFileSync(
    file,
    'silences:\n  - match: {rule: ssh-*, group: {ip: 192.0.2.1*}}\n    endsAt: 2099-01-01T00:00:00Z\n    reason: from a file\n',
  );
  weir = await cli.start({ WEIR_SILENCES_FILE: file, WEIR_DECISIONS_PER_MINUTE: '20' });
  admin = readFileSync(join(cli.dataDir, 'admin.key'), 'utf8').trim();
  bouncer = (await ask<{ key: string }>('POST', '/api/v1/keys', { name: 'firewall', scopes: ['bouncer'] })).key;
});
afterAll(() => cli.close());

async function ask<T>(method: string, path: string, body?: object, status?: number): Promise<T> {
  const headers = { 'x-api-key': admin, ...(body && { 'content-type': 'application/json' }) };
  const response = await fetch(weir.url + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  expect(status === undefined ? response.ok : response.status === status, `${response.status} ${text}`).toBe(true);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

const asBouncer = (path: string, init: RequestInit = {}, key = bouncer) =>
  fetch(weir.url + path, { ...init, headers: { 'x-api-key': key, ...init.headers } });
const pulled = async (query = '', key = bouncer) =>
  (await (await asBouncer(`/v1/decisions/stream?${query}`, {}, key)).json()) as Told;
const valuesOf = ({ new: fresh, deleted }: Told) =>
  [fresh, deleted].map((list) => list?.map(({ value }) => value).sort() ?? null);
const block = (value: string, more: object = {}) =>
  ask<{ uuid: string; id: number }>('POST', '/api/v1/decisions', { value, duration: '4h', reason: 'a test', ...more });

/** Guesses passwords from these addresses, now. */
async function guess(...ips: string[]): Promise<void> {
  const now = Date.now();
  const events = ips.flatMap((ip) =>
    Array.from({ length: 6 }, (_, i) => ({
      specversion: '1.0',
      id: `${ip}-${now}-${i}`,
      source: '/test',
      type: 'login',
      time: new Date(now - 6_000 + i * 500).toISOString(),
      data: { outcome: 'failure', ip, user: 'root', service: 'sshd', method: 'password' },
    })),
  );
  const response = await fetch(`${weir.url}/api/v1/events`, {
    method: 'POST',
    headers: { 'x-api-key': admin, 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(events),
  });
  expect(await response.json()).toMatchObject({ accepted: events.length });
  await cli.json('lag', '--wait');
}

const alertsOf = async (query: string) => (await ask<{ items: Alert[] }>('GET', `/api/v1/alerts?${query}`)).items;

describe('CrowdSec’s protocol', () => {
  test('strangers are told 403, each in the words that bouncers know', async () => {
    const { key } = await ask<{ key: string }>('POST', '/api/v1/keys', { name: 'reader', scopes: ['read'] });
    for (const wrong of ['', 'wrong', key]) {
      const response = await asBouncer('/v1/decisions', {}, wrong);
      expect([response.status, await response.text()]).toEqual([403, '{"message":"access forbidden"}']);
    }
    expect((await asBouncer('/api/v1/decisions')).status).toBe(403);
    const malformed = await asBouncer('/v1/decisions?ip=nobody');
    expect([malformed.status, await malformed.json()]).toEqual([400, { message: expect.stringContaining('ip') }]);
  });

  test('empty lists are null; what is not known is ignored; usage is taken', async () => {
    expect(await (await asBouncer('/v1/decisions?later=1&ip=192.0.2.99')).text()).toBe('null');
    expect(await pulled('startup=true&what=ever')).toEqual({ new: null, deleted: null });
    const usage = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"remediation_components":[]}',
    };
    expect((await asBouncer('/v1/usage-metrics?later=1', usage)).status).toBe(201);
  });

  test('a bouncer is told what changed since it asked; another key, or a start, all', async () => {
    const { key } = await ask<{ key: string }>('POST', '/api/v1/keys', { name: 'second', scopes: ['decisions'] });
    const one = await block('203.0.113.1');
    await block('203.0.113.0/24', { type: 'captcha' });
    await block('NZ', { scope: 'country' });
    for (let times = 0; times < 2; times++) {
      const head = await asBouncer('/v1/decisions/stream', { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
    }
    expect(valuesOf(await pulled())).toEqual([['203.0.113.0/24', '203.0.113.1'], null]);
    expect(valuesOf(await pulled())).toEqual([null, null]);
    expect(valuesOf(await pulled('startup=true'))).toEqual([['203.0.113.0/24', '203.0.113.1'], null]);
    expect(valuesOf(await pulled('scopes=country,ip', key))).toEqual([['203.0.113.1', 'NZ'], null]);
    await block('203.0.113.2');
    await ask('DELETE', `/api/v1/decisions/${one.id}`);
    const told = await pulled();
    expect(valuesOf(told)).toEqual([['203.0.113.2'], ['203.0.113.1']]);
    expect(told.new![0].duration).toMatch(/^(4h0m0s|3h59m5\ds)$/);
    expect(told.deleted![0].duration).toMatch(/^-\d/);
    expect(valuesOf(await pulled('scopes=country,ip', key))).toEqual([['203.0.113.2'], ['203.0.113.1']]);
  });

  test('who asks for an address is told what blocks it', async () => {
    const found = (await (await asBouncer('/v1/decisions?ip=203.0.113.2')).json()) as object[];
    expect(found).toMatchObject([
      { type: 'captcha', scope: 'Range' },
      { origin: 'cscli', scenario: 'manual', scope: 'Ip' },
    ]);
    expect(found.every((one) => Number.isSafeInteger((one as { id: number }).id))).toBe(true);
    expect(await (await asBouncer('/v1/decisions?range=203.0.113.0/24&contains=false&type=ban')).json()).toHaveLength(
      1,
    );
    expect(await (await asBouncer('/v1/decisions?ip=203.0.113.2&origins=weir')).json()).toBeNull();
    expect(await (await asBouncer('/v1/decisions?scenarios_not_containing=MAN')).json()).toBeNull();
  });

  test('HEAD is answered as GET is, without a body, and changes nothing', async () => {
    const head = async (path: string, key = bouncer) => {
      const response = await asBouncer(path, { method: 'HEAD' }, key);
      return [response.status, response.headers.get('content-type'), await response.text()];
    };
    expect(await head('/v1/decisions', 'wrong')).toEqual([403, expect.stringContaining('application/json'), '']);
    const lengths = async () => {
      const { headers } = await asBouncer('/v1/decisions', { method: 'HEAD' });
      return Number(headers.get('content-length')) - (await (await asBouncer('/v1/decisions')).text()).length;
    };
    // What is left of a decision may lose a digit between the two.
    await expect.poll(lengths).toBe(0);
    await block('203.0.113.77');
    for (const path of [
      '/v1/decisions',
      '/v1/decisions?ip=203.0.113.77',
      '/v1/decisions/stream',
      '/v1/decisions/stream?startup=true',
    ])
      expect(await head(path)).toEqual([200, 'application/json', '']);
    expect((await asBouncer('/v1/decisions?ip=nobody', { method: 'HEAD' })).status).toBe(400);
    expect(valuesOf(await pulled())).toEqual([['203.0.113.77'], null]);
  });

  test('a stream of some rules only', async () => {
    const { key } = await ask<{ key: string }>('POST', '/api/v1/keys', { name: 'of people', scopes: ['bouncer'] });
    const all = valuesOf(await pulled('startup=true'))[0];
    expect(valuesOf(await pulled('startup=true&scenarios_containing=ssh,MANU', key))).toEqual([all, null]);
    expect(valuesOf(await pulled('startup=true&scenarios_containing=ssh', key))).toEqual([null, all]);
  });

  test('it is never compressed, and says how long it is', async () => {
    const headers = await new Promise<NodeJS.Dict<string | string[]>>((resolve, reject) => {
      const asked = { headers: { 'x-api-key': bouncer, 'accept-encoding': 'gzip, br' } };
      plainGet(`${weir.url}/v1/decisions/stream?startup=true`, asked, (response) => {
        response.resume();
        resolve(response.headers);
      }).on('error', reject);
    });
    expect(headers['content-encoding']).toBeUndefined();
    expect(headers['content-type']).toBe('application/json');
  });
});

describe('silences and allowlists', () => {
  test('a file’s silence holds alerts back, which are found as before, and is counted', async () => {
    await guess('192.0.2.11', '192.0.2.21');
    const alerts = await alertsOf('rule=ssh-bruteforce');
    const [written] = (await ask<{ items: Silence[] }>('GET', '/api/v1/silences')).items;
    expect(written).toMatchObject({ state: 'active', source: 'file', reason: 'from a file', held: 1 });
    expect(Object.fromEntries(alerts.map(({ group, silencedBy }) => [group.ip, silencedBy]))).toEqual({
      '192.0.2.11': [written.id],
      '192.0.2.21': [],
    });
    writeFileSync(file, 'silences: []\nallowlists:\n  - match: {cidr: 198.51.100.0/24}\n    reason: a partner\n');
    await expect
      .poll(() => cli.json<{ items: Silence[] }>('allowlists', 'list'))
      .toMatchObject({
        items: [{ source: 'file', reason: 'a partner' }],
      });
    expect((await cli.json<{ items: Silence[] }>('silences', 'list')).items).toEqual([]);
    expect((await cli.json<{ items: Silence[] }>('silences', 'list', '--ended')).items).toMatchObject([
      { id: written.id, state: 'ended', held: 1 },
    ]);
  });

  test('a preview says what it would mean; then it does', async () => {
    await guess('192.0.2.21');
    await pulled('startup=true');
    const matchers = ['--cidr', '192.0.2.21', '--reason', 'our own'];
    const preview = await cli.json('allowlists', 'add', ...matchers, '--dry-run');
    expect(preview).toMatchObject({ alerts: 1, decisions: 1 });
    const { id } = await cli.json<Silence>('allowlists', 'add', ...matchers);
    expect(valuesOf(await pulled())).toEqual([null, ['192.0.2.21']]);
    const listed = await ask<{ items: object[] }>('GET', '/api/v1/decisions?ip=192.0.2.21&history=true');
    expect(listed.items).toMatchObject([{ state: 'allowlisted', allowedBy: [id], rule: { name: 'ssh-bruteforce' } }]);
    await cli.json('allowlists', 'remove', id);
    expect(valuesOf(await pulled())).toEqual([['192.0.2.21'], null]);
  });

  test('what is wrong is named', async () => {
    const body = { match: { cidr: '192.0.2.1/24', who: 'x' }, reason: 'r', duration: '1h' };
    const problem = await ask<{ errors: { field: string }[] }>('POST', '/api/v1/silences', body, 422);
    expect(problem.errors.map(({ field }) => field)).toEqual(['match.who', 'match.cidr[0]']);
    await ask('POST', '/api/v1/silences', { match: { rule: 'x' }, reason: 'r' }, 422);
    await ask('POST', '/api/v1/decisions', { value: '10.0.0.1', duration: '4h', reason: 'r' }, 422);
    await ask('DELETE', '/api/v1/silences/nothing', undefined, 404);
    await ask('DELETE', '/api/v1/decisions/12', undefined, 404);
  });
});

test('one bad rule can’t block the world: the guard bites, and an alert says so', async () => {
  const rule = `title: Everybody
name: everybody
level: low
decision: {type: ban, duration: 4h, scope: Ip}
logsource: {product: weir, service: login}
detection: {selection: {user: everybody}, condition: selection}
`;
  await ask('POST', '/api/v1/rules', { text: rule, file: 'everybody.yml' });
  const events = Array.from({ length: 60 }, (_, i) => ({
    specversion: '1.0',
    id: `everybody-${i}`,
    source: '/test',
    type: 'login',
    time: new Date().toISOString(),
    data: { outcome: 'failure', ip: i < 2 ? `10.0.0.${i}` : `100.64.0.${i}`, user: 'everybody' },
  }));
  const headers = { 'x-api-key': admin, 'content-type': 'application/cloudevents-batch+json' };
  await fetch(`${weir.url}/api/v1/events`, { method: 'POST', headers, body: JSON.stringify(events) });
  await cli.json('lag', '--wait');
  await cli.json('lag', '--wait');
  const { items } = await cli.json<{ items: Decision[] }>(
    'decisions',
    'list',
    '--rule',
    'everybody',
    '--limit',
    '200',
    '--history',
  );
  const count = (guard: string | null) => items.filter((one) => one.guard === guard).length;
  expect(items).toHaveLength(60);
  expect(count('own')).toBe(2);
  // The first twenty of each minute, of which there may have been two.
  const minutes = new Set(items.map(({ startsAt }) => startsAt.slice(0, 16)));
  expect(count(null)).toBeLessThanOrEqual(20 * minutes.size);
  expect(count(null)).toBeGreaterThanOrEqual(20);
  expect(valuesOf(await pulled('startup=true'))[0]!.filter((ip) => ip.startsWith('100.64.'))).toHaveLength(count(null));
  const guarded = await alertsOf('rule=weir-decision-guard');
  const refused = (reason: string) =>
    guarded.filter(({ group }) => group.reason === reason).reduce((sum, { events }) => sum + events, 0);
  expect([refused('own'), refused('rate')]).toEqual([2, count('rate')]);
  expect((await cli.run(['audit'])).stdout).toContain('agrees');
});
