import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';
import { adminKey } from './outcome.js';
import { Receiver } from './receiver.js';
import { verify } from './verify.js';

interface Webhook {
  id: string;
  url: string;
  secrets: number;
  secret?: string;
}

let cli: Cli;
let weir: Running;
let receiver: Receiver;
let url: string;
beforeAll(async () => {
  cli = new Cli();
  receiver = await Receiver.start(cli.dataDir, 0);
  url = `http://127.0.0.1:${receiver.port}/`;
  weir = await cli.start({ WEIR_NOTIFY_NETWORKS: '127.0.0.0/8' });
});
afterAll(async () => {
  await receiver.close();
  await cli.close();
});

async function ask(method: string, path: string, body?: unknown, ifMatch?: string) {
  const headers = {
    'x-api-key': adminKey(cli),
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(ifMatch !== undefined && { 'if-match': ifMatch }),
  };
  const answer = await fetch(`${weir.url}/api/v1/webhooks${path}`, { method, headers, body: JSON.stringify(body) });
  const text = await answer.text();
  const json = (text === '' ? {} : JSON.parse(text)) as Webhook & { code: string; items: Webhook[]; problem: string };
  return { status: answer.status, etag: answer.headers.get('etag') ?? '', json };
}

test('a target is put, read with its ETag, changed by who has read it, and removed; its secret is shown once', async () => {
  const made = await ask('PUT', '/one', { kind: 'webhook', url });
  expect(made).toMatchObject({ status: 200, etag: '"1"', json: { id: 'one', kind: 'webhook', url, secrets: 1 } });
  expect(made.json.secret).toMatch(/^whsec_[\w+/=]{44}$/);
  const read = await ask('GET', '/one');
  expect(read.etag).toBe(made.etag);
  expect(JSON.stringify([read.json, (await ask('GET', '')).json])).not.toContain('whsec_');

  const off = { kind: 'webhook', url, enabled: false };
  expect(await ask('PUT', '/one', off)).toMatchObject({ status: 428, json: { code: 'WEBHOOK_UNSEEN' } });
  const changed = await ask('PUT', '/one', off, read.etag);
  expect(changed).toMatchObject({ status: 200, etag: '"2"', json: { enabled: false } });
  expect(changed.json.secret).toBeUndefined();
  expect(await ask('PUT', '/one', off, read.etag)).toMatchObject({ status: 412, json: { code: 'WEBHOOK_CHANGED' } });
  expect(await ask('PUT', '/one', off, 'x')).toMatchObject({ status: 400, json: { code: 'PARAMETER_INVALID' } });
  expect(await ask('DELETE', '/one', undefined, '"1"')).toMatchObject({ status: 412 });
  expect(await ask('DELETE', '/one', undefined, changed.etag)).toMatchObject({ status: 204 });
  expect(await ask('GET', '/one')).toMatchObject({ status: 404, json: { code: 'WEBHOOK_UNKNOWN' } });
  expect(await ask('DELETE', '/one')).toMatchObject({ status: 404 });
});

test.each([
  ['Upper', { kind: 'webhook', url: 'http://8.8.8.8/' }, 400, 'PARAMETER_INVALID'],
  ['x', { kind: 'pager', url: 'http://8.8.8.8/' }, 422, 'BODY_INVALID'],
  ['x', { kind: 'webhook', url: 'http://8.8.8.8/', colour: 'red' }, 422, 'BODY_INVALID'],
  ['x', { kind: 'webhook', url: 'gopher://8.8.8.8/' }, 422, 'TARGET_INVALID'],
  ['x', { kind: 'webhook', url: 'http://169.254.169.254/latest/meta-data' }, 422, 'TARGET_ADDRESS_FORBIDDEN'],
  ['x', { kind: 'slack', url: 'http://[::1]/' }, 422, 'TARGET_ADDRESS_FORBIDDEN'],
  [
    'x',
    { kind: 'mail', url: 'smtp://10.0.0.1', from: 'a@b.example', to: ['c@d.example'] },
    422,
    'TARGET_ADDRESS_FORBIDDEN',
  ],
  ['x', { kind: 'webhook', url: 'http://nowhere.invalid/' }, 422, 'TARGET_HOST_UNKNOWN'],
])('%s: %j is refused', async (id, body, status, code) => {
  expect(await ask('PUT', `/${id}`, body)).toMatchObject({ status, json: { code } });
});

test('a secret is changed without a gap: both sign until the old one is retired', async () => {
  const old = (await ask('PUT', '/turn', { kind: 'webhook', url })).json.secret!;
  const last = async () => {
    expect((await ask('POST', '/turn/test')).json).toMatchObject({ delivered: true, status: 204, problem: null });
    return receiver.received.at(-1)!;
  };
  const check = async () => {
    const { headers, body } = await last();
    return [verify(headers, body, old), verify(headers, body, young)];
  };
  let young = old;
  expect(await check()).toEqual([true, true]);
  young = (await ask('POST', '/turn/secret')).json.secret!;
  expect(await check()).toEqual([true, true]);
  expect((await ask('GET', '/turn')).json.secrets).toBe(2);
  expect(await ask('DELETE', '/turn/secret')).toMatchObject({ status: 204 });
  expect(await check()).toEqual([false, true]);
  const { headers, body } = await last();
  expect(verify(headers, `${body} `, young)).toBe(false);
  expect(
    verify({ ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 301) }, body, young),
  ).toBe(false);
  await ask('PUT', '/chat', { kind: 'slack', url });
  expect(await ask('POST', '/chat/secret')).toMatchObject({ status: 409, json: { code: 'WEBHOOK_UNSIGNED' } });
});

test('a password is never shown, and kept by who puts what was shown', async () => {
  const made = await ask('PUT', '/basic', { kind: 'alertmanager', url: url.replace('//', '//weir:s3cret@') });
  expect(made.json.url).toBe(url.replace('//', '//weir:***@'));
  expect(made.json.secret).toBeUndefined();
  await ask('PUT', '/basic', { kind: 'alertmanager', url: made.json.url, resendSeconds: 30 }, made.etag);
  await ask('POST', '/basic/test');
  expect(receiver.received.at(-1)!.headers.authorization).toBe(
    `Basic ${Buffer.from('weir:s3cret').toString('base64')}`,
  );
});

test('deliveries are listed page by page, and made again by hand with the same key', async () => {
  await ask('PUT', '/list', { kind: 'webhook', url });
  const lines = [7, 8, 9].flatMap((ip) =>
    [1, 2, 3, 4, 5].map(
      (s) => `Jan 15 10:00:0${s} web-1 sshd[42]: Failed password for root from 192.0.2.${ip} port 4242 ssh2\n`,
    ),
  );
  const headers = { 'x-api-key': adminKey(cli), 'content-type': 'text/plain' };
  await fetch(`${weir.url}/api/v1/ingest/sshd`, { method: 'POST', headers, body: lines.join('') });
  type Item = { n: number; key: string; state: string; alert: { group: { ip: string } } };
  const page = async (query: string) =>
    (await ask('GET', `/list/deliveries?${query}`)).json as unknown as { items: Item[]; next: string | null };
  await expect.poll(async () => (await page('state=sent')).items.length).toBe(3);
  const seen: Item[] = [];
  for (let next: string | null = ''; next !== null; ) {
    const found: Awaited<ReturnType<typeof page>> = await page(`limit=1${next && `&cursor=${next}`}`);
    seen.push(...found.items);
    ({ next } = found);
  }
  expect(seen.map(({ alert }) => alert.group.ip).toSorted()).toEqual(['192.0.2.7', '192.0.2.8', '192.0.2.9']);
  const keys = () =>
    receiver.received.map((one) => one.headers['idempotency-key']).filter((key) => key === seen[0].key);
  expect(keys()).toHaveLength(1);
  expect(await ask('POST', `/list/deliveries/${seen[0].n}/redeliver`)).toMatchObject({
    status: 200,
    json: { state: 'waiting' },
  });
  await expect.poll(keys).toHaveLength(2);
  for (const n of ['0', 'x', '99999999999999999999']) {
    expect(await ask('POST', `/list/deliveries/${n}/redeliver`)).toMatchObject({
      status: 404,
      json: { code: 'DELIVERY_UNKNOWN' },
    });
  }
  expect(await ask('GET', '/list/deliveries?cursor=x')).toMatchObject({ status: 400 });
});

test('the command line: put, list, test, remove', async () => {
  const file = join(cli.dataDir, 'chat.json');
  writeFileSync(file, JSON.stringify({ kind: 'slack', url }));
  expect(await cli.json('webhooks', 'put', 'cli', file)).toMatchObject({ id: 'cli', kind: 'slack' });
  expect(await cli.run(['webhooks', 'put', 'signed', '-'], {}, JSON.stringify({ kind: 'webhook', url }))).toMatchObject(
    {
      code: 0,
      stdout: expect.stringMatching(/^whsec_\S+\n$/),
    },
  );
  expect(await cli.run(['webhooks', 'put', 'cli', file])).toMatchObject({ code: 0, stdout: `cli: slack at ${url}.\n` });
  const listed = await cli.json<{ items: Webhook[] }>('webhooks', 'list');
  expect(listed.items.map(({ id }) => id)).toEqual(expect.arrayContaining(['cli', 'signed']));
  expect(await cli.run(['webhooks', 'test', 'cli'])).toMatchObject({
    code: 0,
    stdout: 'Delivered: cli answered 204.\n',
  });
  writeFileSync(file, JSON.stringify({ kind: 'slack', url: 'http://127.0.0.1:1/' }));
  await cli.run(['webhooks', 'put', 'cli', file]);
  const failed = await cli.run(['webhooks', 'test', 'cli']);
  expect(failed).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^weir: Not delivered: .*ECONNREFUSED\)\.\n$/),
  });
  expect(await cli.run(['webhooks', 'remove', 'cli'])).toMatchObject({
    code: 0,
    stdout: 'Nothing more goes to cli.\n',
  });
  expect(await cli.run(['webhooks', 'remove', 'cli'])).toMatchObject({ code: 1 });
});
