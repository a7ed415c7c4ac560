import 'reflect-metadata';
import type { FastifyRequest } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DecisionStore, listDecisions } from '#libs/storage';
import { openTestDatabase, type TestDatabase } from '../../../../libs/storage/testing/test-database.js';
import { DecisionsController } from './decisions.controller.js';

let pg: TestDatabase;
beforeAll(async () => {
  pg = await openTestDatabase();
});
afterAll(() => pg.close());

/** Goes on whenever somebody asks, as time does while a request is answered. */
let ms = Date.UTC(2026, 0, 1);
const clock = { now: () => ++ms };

test('all that blocks somebody is lifted, however much it is', async () => {
  const store = new DecisionStore(pg.database, clock);
  const controller = new DecisionsController(pg.database, clock, store, {
    ownNetworks: [],
    perMinuteMax: 100,
    beyondAddressesMax: 10,
  });
  const add = (value: string) =>
    store.add({ type: 'ban', scope: 'Ip', value, durationMs: 3_600_000, reason: 'a test' }, 'one');
  for (let i = 0; i < 250; i++) await add('192.0.2.7');
  await add('192.0.2.8');
  const request = { principal: { id: 'other' } } as FastifyRequest;
  expect(await controller.liftAll({ value: '192.0.2.7' }, request)).toEqual({ lifted: 250 });
  const { items } = await listDecisions(pg.database, { at: clock.now(), limit: 200 });
  expect(items.map(({ decision }) => decision.value)).toEqual(['192.0.2.8']);
  expect(await controller.liftAll({ value: '192.0.2.7' }, request)).toEqual({ lifted: 0 });
});
