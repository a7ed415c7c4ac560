import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';
import { bouncerHouse } from './bouncer.js';

const house = await bouncerHouse();
const cli = new Cli();
let weir: Running;
let admin: string;

beforeAll(async () => {
  if (!house) return;
  weir = await cli.start({ WEIR_HTTP_HOST: house.address });
  admin = readFileSync(join(cli.dataDir, 'admin.key'), 'utf8').trim();
  const { key } = await ask<{ key: string }>('POST', '/api/v1/keys', { name: 'firewall', scopes: ['bouncer'] });
  house.start(weir.url, key);
});
afterAll(async () => {
  await house?.close();
  await cli.close();
});

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const headers = { 'x-api-key': admin, ...(body && { 'content-type': 'application/json' }) };
  const response = await fetch(weir.url + path, { method, headers, body: body && JSON.stringify(body) });
  expect(response.ok, await response.clone().text()).toBe(true);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

const block = (value: string, duration = '1h', type = 'ban') =>
  ask<{ uuid: string }>('POST', '/api/v1/decisions', { value, duration, type, reason: 'a test' });
const firewall = (expected: readonly string[]) =>
  expect.poll(() => house!.blocked(), { interval: 250 }).toEqual([...expected].sort());

/** Guesses passwords, as sshd writes it down, at this very moment. */
async function guess(ip: string): Promise<void> {
  const events = Array.from({ length: 6 }, (_, i) => ({
    specversion: '1.0',
    id: `${ip}-${i}`,
    source: '/test',
    type: 'login',
    time: new Date(Date.now() - 6_000 + i * 500).toISOString(),
    data: { outcome: 'failure', ip, user: 'root', service: 'sshd', method: 'password' },
  }));
  const response = await fetch(`${weir.url}/api/v1/events`, {
    method: 'POST',
    headers: { 'x-api-key': admin, 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(events),
  });
  expect(await response.json()).toMatchObject({ accepted: 6 });
}

test.runIf(house)('Debian’s bouncer blocks whom Weir blocks, and nobody else', async () => {
  await block('192.0.2.7');
  const six = await block('2001:db8::7');
  await block('203.0.113.9', '1h', 'captcha');
  // The bouncer for nftables takes a range for its first address; see docs/blocking.md.
  await block('198.51.100.0/24');
  await firewall(['192.0.2.7', '198.51.100.0', '2001:db8::7']);

  await block('192.0.2.8', '6s');
  await guess('192.0.2.66');
  await firewall(['192.0.2.66', '192.0.2.7', '192.0.2.8', '198.51.100.0', '2001:db8::7']);
  await firewall(['192.0.2.66', '192.0.2.7', '198.51.100.0', '2001:db8::7']);

  await ask('DELETE', `/api/v1/decisions/${six.uuid}`);
  await ask('DELETE', '/api/v1/decisions?value=198.51.100.0/24');
  await firewall(['192.0.2.66', '192.0.2.7']);

  const { id } = await ask<{ id: string }>('POST', '/api/v1/allowlists', {
    match: { cidr: '192.0.2.64/30' },
    reason: 'us',
  });
  await firewall(['192.0.2.7']);
  await ask('DELETE', `/api/v1/allowlists/${id}`);
  await firewall(['192.0.2.66', '192.0.2.7']);
});

test.runIf(house)('a Weir that starts anew tells a bouncer that goes on what it missed', async () => {
  const { port } = new URL(weir.url);
  await weir.end();
  weir = await cli.start({ WEIR_HTTP_HOST: house!.address, WEIR_HTTP_PORT: port });
  await ask('DELETE', '/api/v1/decisions?value=192.0.2.7');
  await block('192.0.2.9');
  await firewall(['192.0.2.66', '192.0.2.9']);
});
