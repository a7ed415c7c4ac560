import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import { Bouncers, DecisionStore } from '#libs/storage';
import { createMetrics } from '#libs/telemetry';
import { openTestDatabase, type TestDatabase } from '../../../../libs/storage/testing/test-database.js';
import { openLedger } from './open-ledger.js';

const clock = new ManualClock(Date.UTC(2026, 0, 1));
let pg: TestDatabase;
let metrics: ReturnType<typeof createMetrics>;
/** Of the statements that read decisions: after which change. */
let reads: unknown[];
let database: DataSource;
beforeAll(async () => {
  pg = await openTestDatabase();
  const query = (sql: string, given?: unknown[]) => {
    if (sql.includes('d.change > $1')) reads.push(given![0]);
    return pg.database.query(sql, given);
  };
  database = Object.create(pg.database, { query: { value: query } }) as DataSource;
  const store = new DecisionStore(pg.database, clock);
  for (const value of ['192.0.2.1', '192.0.2.2'])
    await store.add({ type: 'ban', scope: 'Ip', value, durationMs: 60_000, reason: 'a test' }, 'somebody');
});
afterAll(() => pg.close());

function open() {
  reads = [];
  metrics = createMetrics();
  return openLedger({ database, clock, metrics });
}

const kept = async () => (await metrics.weir_bouncer_decisions.get()).values[0].value;

test('who is blocked is read before anybody asks where bouncers asked before, once, and not where none did', async () => {
  open();
  await delay(500);
  expect(await kept()).toBe(0);

  const bouncer = { keyId: 'k', address: '192.0.2.9' };
  await new Bouncers(pg.database).with(bouncer, async () => ({
    at: clock.now(),
    held: Buffer.alloc(0),
    answer: null,
  }));
  open();
  await expect.poll(kept).toBe(2);
  expect(reads).toEqual([0]);

  const ledger = open();
  const book = await ledger.upTo(clock.now());
  expect([...book.active(clock.now())]).toHaveLength(2);
  await expect.poll(() => ledger.upTo(clock.now()).then(() => reads)).toEqual([0]);
});
