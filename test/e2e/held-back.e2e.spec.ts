import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';
import { adminKey } from './outcome.js';
import { Receiver } from './receiver.js';

interface Told {
  transitions: { transition: string; alert: { group: { ip: string }; rule: { name: string } } }[];
}

const silenced = '192.0.2.7';
const other = '198.51.100.1';
/** So long after it was saved, or deleted, a silence is heeded at the latest. */
const heededMs = 1_500;
const cli = new Cli();
let weir: Running;
let receiver: Receiver;
let sent = 0;

beforeAll(async () => {
  receiver = await Receiver.start(cli.dataDir, 0);
  weir = await cli.start({ WEIR_NOTIFY_NETWORKS: '127.0.0.0/8' });
});
afterAll(async () => {
  await receiver.close();
  await cli.close();
});

async function ask(method: string, path: string, body?: object) {
  const response = await fetch(`${weir.url}/api/v1${path}`, {
    method,
    headers: { 'x-api-key': adminKey(cli), ...(body && { 'content-type': 'application/json' }) },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: (text ? JSON.parse(text) : null) as { id: string; items: object[] } };
}
/** Failed logins of an address, now. */
async function attack(ip: string, times: number): Promise<void> {
  const events = Array.from({ length: times }, () => ({
    specversion: '1.0',
    id: `${sent++}`,
    source: '/test',
    type: 'login',
    time: new Date().toISOString(),
    data: { outcome: 'failure', service: 'sshd', ip, user: 'root' },
  }));
  const response = await fetch(`${weir.url}/api/v1/ingest/ndjson`, {
    method: 'POST',
    headers: { 'x-api-key': adminKey(cli), 'content-type': 'application/x-ndjson' },
    body: events.map((event) => `${JSON.stringify(event)}\n`).join(''),
  });
  expect(response.status).toBe(200);
}
const told = () =>
  receiver.received
    .flatMap(({ body }) => (JSON.parse(body) as Told).transitions)
    .map(({ transition, alert }) => `${alert.rule.name} ${alert.group.ip} ${transition}`);

test('whoever is silenced is told of to nobody, and is again once the silence is gone', async () => {
  const target = { kind: 'webhook', url: `http://127.0.0.1:${receiver.port}/` };
  expect((await ask('PUT', '/webhooks/hook', target)).status).toBe(200);
  const silence = { match: { group: { ip: silenced } }, duration: '1h', reason: 'a scan of ours' };
  const made = await ask('POST', '/silences', silence);
  expect(made.status).toBe(201);
  await delay(heededMs);

  // The silenced one first: whoever is told of the other was not just told too early.
  await attack(silenced, 6);
  await attack(other, 6);
  await expect.poll(told).toContain(`ssh-bruteforce ${other} opened`);
  await cli.json('lag', '--wait');
  await delay(heededMs);
  expect(told()).toEqual([`ssh-bruteforce ${other} opened`]);
  expect((await ask('GET', `/alerts?rule=ssh-bruteforce`)).body.items).toHaveLength(2);
  const held = async () => (await ask('GET', '/silences')).body.items;
  await expect.poll(held).toMatchObject([{ id: made.body.id, held: 1 }]);

  expect((await ask('DELETE', `/silences/${made.body.id}`)).status).toBe(204);
  await delay(heededMs);
  await attack(silenced, 1);
  await expect.poll(told).toContain(`ssh-bruteforce ${silenced} opened`);
  expect(told()).toEqual([`ssh-bruteforce ${other} opened`, `ssh-bruteforce ${silenced} opened`]);
});
