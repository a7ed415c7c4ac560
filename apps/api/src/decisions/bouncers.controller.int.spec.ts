import 'reflect-metadata';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import { Bouncers, DecisionLedger, DecisionStore, forgetBouncers } from '#libs/storage';
import { openTestDatabase, type TestDatabase } from '../../../../libs/storage/testing/test-database.js';
import { BouncersController } from './bouncers.controller.js';

const day = 86_400_000;
const clock = new ManualClock(Date.UTC(2026, 0, 1));
let pg: TestDatabase;
let store: DecisionStore;
let controller: BouncersController;
beforeAll(async () => {
  pg = await openTestDatabase();
});
afterAll(() => pg.close());
beforeEach(async () => {
  await pg.database.query('TRUNCATE decided.bouncer, decided.decision, decided.decision_lift');
  store = new DecisionStore(pg.database, clock);
  controller = new BouncersController(new Bouncers(pg.database), clock, new DecisionLedger(pg.database));
});

const block = (value: string, days: number) =>
  store.add({ type: 'ban', scope: 'Ip', value, durationMs: days * day, reason: 'a test' }, 'somebody');

/** What a bouncer with this key is told at this address: values of what is new, and of what is over. */
async function pulled(ip: string, query: Record<string, string> = {}, id = 'firewall'): Promise<(string[] | null)[]> {
  let body = '';
  const reply = {
    type: () => reply,
    send: (json: Buffer) => {
      body = json.toString();
    },
  };
  const request = { method: 'GET', principal: { id }, ip } as FastifyRequest;
  await controller.stream(query, request, reply as unknown as FastifyReply);
  const told = JSON.parse(body) as Record<'new' | 'deleted', { value: string }[] | null>;
  return [told.new, told.deleted].map((list) => list?.map(({ value }) => value).sort() ?? null);
}

test('what a bouncer was told is known by its key and address: each is told everything', async () => {
  const one = await block('203.0.113.1', 1);
  const everything = [['203.0.113.1'], null];
  expect(await pulled('192.0.2.1')).toEqual(everything);
  expect(await pulled('192.0.2.2')).toEqual(everything);
  expect(await pulled('192.0.2.1', {}, 'proxy')).toEqual(everything);
  expect(await pulled('192.0.2.1')).toEqual([null, null]);
  clock.advance(1);
  await block('203.0.113.2', 1);
  await store.lift([one], 'somebody');
  const change = [['203.0.113.2'], ['203.0.113.1']];
  for (const address of ['192.0.2.1', '192.0.2.2']) {
    expect(await pulled(address)).toEqual(change);
    expect(await pulled(address)).toEqual([null, null]);
  }
});

test('a bouncer that was away for longer than is remembered loses nothing', async () => {
  const lifted = await block('203.0.113.1', 30);
  await block('203.0.113.2', 30);
  await block('203.0.113.3', 1);
  await pulled('192.0.2.1', { startup: 'true' });
  clock.advance(1);
  await store.lift([lifted], 'somebody');
  clock.advance(8 * day);
  await forgetBouncers(pg.database, clock.now());
  // What ended by itself it has let go of by itself.
  expect(await pulled('192.0.2.1')).toEqual([['203.0.113.2'], ['203.0.113.1']]);
  expect(await pulled('192.0.2.1')).toEqual([null, null]);
  // One that starts holds nothing.
  expect(await pulled('192.0.2.3', { startup: 'true' })).toEqual([['203.0.113.2'], null]);
});

test('by parts of the names of rules, in whatever case', async () => {
  await block('203.0.113.1', 1);
  expect(await pulled('192.0.2.1', { startup: 'true', scenarios_containing: 'ssh,MAN' })).toEqual([
    ['203.0.113.1'],
    null,
  ]);
  // Those that are not asked for any more are gone.
  expect(await pulled('192.0.2.1', { scenarios_containing: 'ssh' })).toEqual([null, ['203.0.113.1']]);
  expect(await pulled('192.0.2.1', { scenarios_containing: 'anu', scenarios_not_containing: 'SSH' })).toEqual([
    ['203.0.113.1'],
    null,
  ]);
  expect(await pulled('192.0.2.1', { scenarios_containing: 'anu', scenarios_not_containing: 'al' })).toEqual([
    null,
    ['203.0.113.1'],
  ]);
});
