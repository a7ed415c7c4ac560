import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '#libs/clock';
import type { Alert } from '#libs/events';
import { openEmbeddedLog } from '#libs/log';
import { Cli, type Running } from '../../apps/weir/testing/cli.js';
import { adminKey } from './outcome.js';
import { Receiver } from './receiver.js';
import { Sender } from './sender.js';
import { trafficBatches } from './traffic.js';
import { verify } from './verify.js';

interface Told {
  key: string;
  transition: string;
  alert: { id: string; state: string; shadow: boolean };
}

const settings = { WEIR_NOTIFY_NETWORKS: '127.0.0.0/8' };

let cli: Cli;
let receiver: Receiver;
beforeEach(async () => {
  cli = new Cli();
  receiver = await Receiver.start(cli.dataDir, 25);
});
afterEach(async () => {
  await receiver.close();
  await cli.close();
});

const ask = (weir: Running, path: string, method = 'GET', body?: unknown) =>
  fetch(weir.url + path, {
    method,
    headers: { 'x-api-key': adminKey(cli), ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

/** What the log says that there is to tell of each alert: its states, one after the other, without repetitions. */
async function transitionsInLog(): Promise<Map<string, string[]>> {
  const log = await openEmbeddedLog({ directory: join(cli.dataDir, 'log'), clock: systemClock });
  const states = new Map<string, { offset: number; said: string[] }>();
  try {
    const { partitions } = await log.describe('alert');
    for (const { partition, earliest, next } of partitions) {
      for (let offset = earliest; offset < next; ) {
        const batch = await log.read('alert', partition, offset);
        for (let i = 0; i < batch.count; i++) {
          const { data } = JSON.parse(batch.value(i).toString()) as { data: Alert };
          const known = states.get(data.id) ?? { offset: -1, said: [] };
          if (data.position.offset <= known.offset) continue;
          const last = known.said.at(-1);
          const state = data.state === 'open' ? 'opened' : data.state;
          if (state === 'closed' && last === undefined) known.said.push('opened', 'closed');
          else if (state !== last && !(state === 'merged' && last === undefined)) known.said.push(state);
          states.set(data.id, { ...known, offset: data.position.offset });
        }
        offset = batch.nextOffset;
      }
    }
  } finally {
    await log.close();
  }
  return new Map([...states].map(([id, { said }]) => [id, said]));
}

/** What the receiver was told, each key as it came first. */
function told(): Told[] {
  const first = new Map<string, Told>();
  for (const { headers, body } of receiver.received) {
    const key = headers['idempotency-key'];
    const { id, transitions } = JSON.parse(body) as { id: string; transitions: Omit<Told, 'key'>[] };
    expect(id).toBe(key);
    expect(transitions).toHaveLength(1);
    const [{ transition, alert }] = transitions;
    const known = first.get(key);
    // A key stands for one thing, whatever how often it comes.
    if (known) expect({ transition, id: alert.id }).toEqual({ transition: known.transition, id: known.alert.id });
    else first.set(key, { key, transition, alert });
  }
  return [...first.values()];
}

async function undelivered(weir: Running): Promise<number> {
  const answer = await ask(weir, '/api/v1/webhooks/hook/deliveries?state=waiting&limit=1');
  return ((await answer.json()) as { items: unknown[] }).items.length;
}

test('a receiver that fails, hangs, is busy and dies, and Weir killed in between: each transition arrives, in order', async () => {
  let weir = await cli.start(settings);
  const put = await ask(weir, '/api/v1/webhooks/hook', 'PUT', {
    kind: 'webhook',
    url: `http://127.0.0.1:${receiver.port}/in`,
  });
  expect(put.status).toBe(200);
  const { secret } = (await put.json()) as { secret: string };

  const sender = new Sender();
  const [hour] = trafficBatches(7);
  const feeding = (async () => {
    for (const batch of hour) await sender.send(batch);
  })();
  sender.aim(weir.url, adminKey(cli));
  for (let kills = 0; kills < 2; kills++) {
    const before = receiver.received.length;
    await expect.poll(() => receiver.received.length).toBeGreaterThan(before + 4);
    await weir.end('SIGKILL');
    weir = await cli.start(settings);
    sender.aim(weir.url, adminKey(cli));
  }
  await feeding;
  await cli.json('lag', '--wait');
  await delay(2_000);
  await cli.json('lag', '--wait');
  await expect.poll(() => undelivered(weir), { interval: 500 }).toBe(0);
  expect(await weir.end()).toMatchObject({ code: 0 });

  const expected = await transitionsInLog();
  const arrived = Map.groupBy(told(), ({ alert }) => alert.id);
  const inOrder = new Map([...arrived].map(([id, all]) => [id, all.map(({ transition }) => transition)]));
  expect(expected.size).toBeGreaterThan(30);
  expect(Object.fromEntries(inOrder)).toEqual(Object.fromEntries(expected));
  expect(receiver.deaths).toBeGreaterThan(0);
  for (const { headers, body } of receiver.received) expect(verify(headers, body, secret)).toBe(true);
});
