import 'reflect-metadata';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock, systemClock } from '#libs/clock';
import { type Alert, topics } from '#libs/events';
import { type Log, openEmbeddedLog } from '#libs/log';
import type { TargetSettings } from '#libs/notification';
import { type Delivery, listDeliveries, redeliver, WebhookStore } from '#libs/storage';
import { createLogger, createMetrics } from '#libs/telemetry';
import { alertEvent } from '../../../libs/storage/testing/alert-event.js';
import { openTestDatabase, type TestDatabase } from '../../../libs/storage/testing/test-database.js';
import { LogTransport } from '../../platform/src/index.js';
import { NotifyModule } from './index.js';

interface Got {
  path: string;
  key: string;
  said: string[];
}

const start = Date.UTC(2026, 0, 2, 10, 30);
const hour = 3_600_000;

let pg: TestDatabase;
let log: Log;
let logDirectory: string;
let clock: ManualClock;
let store: WebhookStore;
let receiver: Server;
let got: Got[];
/** What a path answers; without one: 204. */
let answers: Record<string, (response: ServerResponse) => void>;
let running: INestMicroservice[];
let failures: unknown[];
let offset: number;
let heldBack: (alert: Alert) => string | null;

beforeEach(async () => {
  pg = await openTestDatabase();
  logDirectory = mkdtempSync(join(tmpdir(), 'weir-spec-'));
  log = await openEmbeddedLog({ directory: logDirectory, clock: systemClock });
  await log.createTopic(topics.alert, { partitions: 2 });
  clock = new ManualClock(start);
  store = new WebhookStore(pg.database, clock);
  [got, answers, running, failures, offset] = [[], {}, [], [], 0];
  heldBack = () => null;
  receiver = createServer(async (request, response) => {
    const { transitions } = JSON.parse(await text(request)) as { transitions: { transition: string; alert: Alert }[] };
    const said = transitions.map(({ transition, alert }) => `${alert.id} ${transition}`);
    const path = request.url!.slice(1);
    got.push({ path, key: String(request.headers['idempotency-key']), said });
    const answer = answers[path];
    if (answer) answer(response);
    else response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
});
afterEach(async () => {
  receiver.closeAllConnections();
  receiver.close();
  for (const app of running) await app.close();
  await log.close();
  await pg.close();
  rmSync(logDirectory, { recursive: true, force: true });
  expect(failures).toEqual([]);
});

async function startNotifying(): Promise<INestMicroservice> {
  const isHeldBack = async (alert: Alert) => heldBack(alert);
  const ports = { log, clock, database: pg.database, metrics: createMetrics(), logger: createLogger('silent') };
  const app = await NestFactory.createMicroservice(
    NotifyModule.register({ ...ports, networks: ['127.0.0.0/8'], isHeldBack }),
    { strategy: new LogTransport({ log, failed: (error) => failures.push(error) }), logger: false },
  );
  await app.listen();
  running.push(app);
  return app;
}

async function target(id: string, settings: Partial<TargetSettings> = {}): Promise<void> {
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/${id}`;
  const secrets = ['whsec_c2VjcmV0'];
  await store.put({ id, settings: { kind: 'webhook', url, ...settings }, secrets }, 'test', null);
}

/** Appends alert events, each of a later position than all before. */
async function append(...alerts: [id: string, state: Alert['state'], changes?: Partial<Alert>][]): Promise<void> {
  const records = alerts.map(([id, state, changes]) => {
    const data = alertEvent({ id, state, position: { partition: 0, offset: ++offset }, ...changes });
    const event = {
      specversion: '1.0',
      id: `${id}/${offset}`,
      source: '/weir/detect',
      type: 'alert',
      time: data.lastSeen,
      data,
    };
    return { partition: id.charCodeAt(0) % 2, time: 0, value: Buffer.from(JSON.stringify(event)) };
  });
  await log.append(topics.alert, records);
}

async function followed(): Promise<void> {
  const { partitions } = await log.describe(topics.alert);
  const stands = async () => {
    const rows = await pg.database.query<{ partition: number; offset: string }[]>(
      `SELECT partition, "offset" FROM computed.projection_position WHERE projection = 'notify'`,
    );
    return partitions.every(({ partition, next }) =>
      rows.some((row) => row.partition === partition && Number(row.offset) === next),
    );
  };
  await expect.poll(stands).toBe(true);
}

const said = (path: string): string[] => got.filter((one) => one.path === path).flatMap((one) => one.said);
const deliveries = (id: string, state?: Delivery['state']) => listDeliveries(pg.database, id, { state, limit: 200 });
const until = <T>(ask: () => T | Promise<T>) => expect.poll(ask);
/** Nothing is being delivered and nothing is due: a clock that moves takes no claim from a delivery under way. */
const idle = () =>
  until(async () =>
    pg.database.query(
      `SELECT o.n FROM sent.outbox o WHERE o.state = 'waiting' AND (o.claim IS NOT NULL OR o.due_at <= $1
        AND NOT EXISTS (SELECT FROM sent.outbox e WHERE e.alert_id = o.alert_id AND e.state = 'waiting' AND e.n < o.n))`,
      [new Date(clock.now())],
    ),
  ).toEqual([]);
/** Moves the clock on until something holds. */
async function passing(stepMs: number, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200 && !(await holds()); i++) {
    await idle();
    clock.advance(stepMs);
    await delay(50);
  }
  expect(await holds()).toBe(true);
}

test('what came before notifications began is not told, nor its end; what comes then is', async () => {
  await target('t');
  await append(['old', 'open'], ['over', 'open'], ['over', 'closed']);
  const app = await startNotifying();
  await append(['old', 'open'], ['old', 'closed'], ['new', 'open']);
  await until(() => said('t')).toEqual(['new opened']);
  await app.close();
  running.pop();
  await append(['away', 'open'], ['new', 'closed']);
  await startNotifying();
  await until(() => said('t').toSorted()).toEqual(['away opened', 'new closed', 'new opened']);
});

test('each transition is put once, also when the log is read again from its start, and before the answer came', async () => {
  await target('t');
  const app = await startNotifying();
  await append(['a', 'open'], ['b', 'open'], ['a', 'closed']);
  await until(() => said('t')).toHaveLength(3);
  await app.close();
  running.pop();
  await pg.database.query(`UPDATE computed.projection_position SET "offset" = 0 WHERE projection = 'notify'`);
  await startNotifying();
  await append(['b', 'closed']);
  await until(() => said('t')).toHaveLength(4);
  await followed();
  expect(got.map(({ key }) => key)).toEqual([...new Set(got.map(({ key }) => key))]);
  expect(said('t').filter((one) => one.startsWith('b'))).toEqual(['b opened', 'b closed']);
});

test('silenced, shadow and retro alerts are told to nobody; routes choose', async () => {
  heldBack = ({ group }) => (group.ip === '198.51.100.1' ? 'silence 1' : null);
  await target('all');
  await target('critical', { routes: [{ minSeverity: 'critical' }] });
  await startNotifying();
  await append(
    ['s', 'open', { shadow: true }],
    ['r', 'open', { retro: true }],
    ['h', 'open', { group: { ip: '198.51.100.1' } }],
    ['c', 'open', { severity: 'critical' }],
    ['m', 'open', { severity: 'medium' }],
  );
  await until(() => [said('all').toSorted(), said('critical')]).toEqual([['c opened', 'm opened'], ['c opened']]);
  await followed();
  expect(said('all')).toHaveLength(2);
  heldBack = () => null;
  await append(['h', 'open', { group: { ip: '198.51.100.1' } }]);
  await until(() => said('all')).toContain('h opened');
});

test('what fails is tried again with the same key, and what follows it of the same alert waits', async () => {
  await target('t');
  let refused = 0;
  answers.t = (response) => response.writeHead(refused++ < 5 ? 500 : 204).end();
  await startNotifying();
  await append(['a', 'open']);
  await until(() => got.length).toBeGreaterThan(0);
  await append(['a', 'closed'], ['b', 'open']);
  await passing(60_000, async () => (await deliveries('t', 'sent')).length === 3);
  const ofA = got.filter((one) => one.said[0].startsWith('a'));
  const firstClosed = ofA.findIndex((one) => one.said[0] === 'a closed');
  expect(ofA.slice(firstClosed).every((one) => one.said[0] === 'a closed')).toBe(true);
  expect(new Set(ofA.slice(0, firstClosed).map(({ key }) => key)).size).toBe(1);
  const sent = await deliveries('t');
  expect(sent.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(got.length);
});

test('Retry-After holds back all that goes to the target, and nothing that goes elsewhere', async () => {
  await target('busy');
  await target('free');
  answers.busy = (response) => response.writeHead(429, { 'retry-after': '600' }).end();
  await startNotifying();
  await append(['a', 'open']);
  await until(async () => (await deliveries('busy'))[0]?.attempts).toBe(1);
  await append(['b', 'open']);
  await until(() => said('free').toSorted()).toEqual(['a opened', 'b opened']);
  delete answers.busy;
  clock.advance(599_000);
  await delay(1_200);
  expect(said('busy')).toEqual(['a opened']);
  clock.advance(2_000);
  await until(() => said('busy').toSorted()).toEqual(['a opened', 'a opened', 'b opened']);
});

test('Retry-After holds as long as it says, also where it is said to a message that is near its end, or given up', async () => {
  await target('busy');
  answers.busy = (response) => response.writeHead(500).end();
  await startNotifying();
  await append(['a', 'open']);
  await until(async () => (await deliveries('busy'))[0]?.attempts).toBe(1);
  await pg.database.query('UPDATE sent.outbox SET give_up_at = $1', [new Date(clock.now() + 5_000)]);
  answers.busy = (response) => response.writeHead(503, { 'retry-after': '600' }).end();
  clock.advance(2_000);
  await until(async () => (await deliveries('busy'))[0].attempts).toBe(2);
  await append(['b', 'open']);
  await followed();
  clock.advance(590_000);
  await delay(1_200);
  expect(said('busy')).toEqual(['a opened', 'a opened']);

  await pg.database.query(`DELETE FROM sent.outbox WHERE alert_id = 'b'`);
  clock.advance(11_000);
  await until(async () => (await deliveries('busy', 'dead')).length).toBe(1);
  await append(['c', 'open']);
  await followed();
  clock.advance(590_000);
  await delay(1_200);
  expect(said('busy')).toEqual(['a opened', 'a opened', 'a opened']);
  delete answers.busy;
  clock.advance(11_000);
  await until(() => said('busy').at(-1)).toBe('c opened');
});

test('given up after 24 h, with an alert of its own that ends with the next delivery; by hand it is delivered at last', async () => {
  await target('dead');
  await target('other');
  answers.dead = (response) => response.writeHead(500).end('broken');
  await startNotifying();
  await append(['a', 'open'], ['b', 'open']);
  await passing(hour, async () => (await deliveries('dead', 'dead')).length === 2);
  // Not before its time: 24 hours and no more than one step of the clock.
  for (const { doneAt, putAt, problem, status } of await deliveries('dead')) {
    expect(doneAt!.getTime() - putAt.getTime()).toBeGreaterThanOrEqual(24 * hour);
    expect({ problem, status }).toEqual({ problem: 'answered 500: broken', status: 500 });
  }
  const alarms = () =>
    got.flatMap((one) => (one.path === 'other' ? one.said : [])).filter((one) => !/^[ab] /.test(one));
  await until(alarms).toEqual([expect.stringMatching(/ opened$/)]);
  expect(said('dead').some((one) => !/^[ab] /.test(one))).toBe(false);

  delete answers.dead;
  const [{ n, message }] = await deliveries('dead', 'dead');
  await redeliver(pg.database, { target: 'dead', n: Number(n), actor: 'kim', at: new Date(clock.now()) });
  await until(async () => (await deliveries('dead', 'sent')).map((row) => row.message)).toEqual([message]);
  await until(alarms).toEqual([expect.stringMatching(/ opened$/), expect.stringMatching(/ closed$/)]);
  expect((await deliveries('dead', 'dead')).length).toBe(1);
});

test('a target that hangs slows nobody but itself', async () => {
  await target('hanging');
  await target('quick');
  answers.hanging = () => {};
  await startNotifying();
  await append(...Array.from({ length: 30 }, (_, i): [string, Alert['state']] => [`a${i}`, 'open']));
  await until(() => said('quick')).toHaveLength(30);
  // As many as one target may have under way: none of them has ended.
  expect(said('hanging')).toHaveLength(4);
  receiver.closeAllConnections();
});

test('what comes within the wait is one message, in order, with the same key at every attempt', async () => {
  await target('group', { waitSeconds: 30 });
  let refuse = true;
  answers.group = (response) => response.writeHead(refuse ? 503 : 200).end();
  await startNotifying();
  await append(['a', 'open']);
  await followed();
  clock.advance(20_000);
  await append(['b', 'open'], ['a', 'closed']);
  await followed();
  await delay(700);
  expect(got).toEqual([]);
  clock.advance(11_000);
  await until(() => got.length).toBe(1);
  await append(['a', 'open'], ['c', 'open']);
  refuse = false;
  await passing(10_000, async () => (await deliveries('group', 'sent')).length === 5);
  // Per alert in order; partitions are read side by side.
  expect(got[0].said.toSorted()).toEqual(['a closed', 'a opened', 'b opened']);
  const messages = Map.groupBy(got, ({ key }) => key);
  for (const [, attempts] of messages) expect(new Set(attempts.map((one) => one.said.join())).size).toBe(1);
  const inOrder = [...messages.values()].flatMap(([one]) => one.said).filter((one) => one.startsWith('a'));
  expect(inOrder).toEqual(['a opened', 'a closed', 'a opened']);
});

test('a digest comes at the full hour', async () => {
  await target('hourly', { digest: 'hourly' });
  await target('daily', { digest: 'daily' });
  await startNotifying();
  await append(['a', 'open'], ['b', 'open']);
  await followed();
  clock.set(start + 29 * 60_000);
  await delay(700);
  expect(got).toEqual([]);
  clock.set(start + 30 * 60_000);
  await until(() => got.map(({ path, said: all }) => [path, all.length])).toEqual([['hourly', 2]]);
  clock.set(Date.UTC(2026, 0, 3));
  await until(() => got.at(-1)!.path).toBe('daily');
});

test('two side by side share the work: each transition once, in order per alert', async () => {
  await target('t');
  await startNotifying();
  await startNotifying();
  const ids = Array.from({ length: 40 }, (_, i) => `${i % 2 ? 'a' : 'b'}${i}`);
  for (const state of ['open', 'closed', 'open'] as const) {
    await append(...ids.map((id): [string, Alert['state']] => [id, state]));
  }
  await until(() => got.length).toBeGreaterThanOrEqual(120);
  await followed();
  expect(got).toHaveLength(120);
  for (const id of ids) {
    expect(said('t').filter((one) => one.startsWith(`${id} `))).toEqual([
      `${id} opened`,
      `${id} closed`,
      `${id} opened`,
    ]);
  }
});

test('an attempt that a crash cut off is made again when its time is over, with the same key', async () => {
  await target('t');
  await startNotifying();
  await append(['a', 'open']);
  await until(async () => (await deliveries('t', 'sent')).length).toBe(1);
  // As a process leaves it that was killed after the receiver took the message and before it could note that.
  await pg.database.query(
    `UPDATE sent.outbox SET state = 'waiting', done_at = NULL, claim = 'of a dead one', claimed_until = $1`,
    [new Date(clock.now() + 20_000)],
  );
  await append(['a', 'closed']);
  await followed();
  clock.advance(19_000);
  await delay(700);
  expect(said('t')).toEqual(['a opened']);
  clock.advance(2_000);
  await until(() => said('t')).toEqual(['a opened', 'a opened', 'a closed']);
  expect(got[0].key).toBe(got[1].key);
});

test('a target that goes takes with it what waits, and is told nothing more', async () => {
  await target('t');
  answers.t = (response) => response.writeHead(500).end();
  await startNotifying();
  await append(['a', 'open']);
  await until(() => got.length).toBe(1);
  await store.delete('t', 'test', null);
  await append(['a', 'closed']);
  await followed();
  clock.advance(hour);
  await delay(700);
  expect(got).toHaveLength(1);
  expect(await deliveries('t')).toEqual([]);
});
