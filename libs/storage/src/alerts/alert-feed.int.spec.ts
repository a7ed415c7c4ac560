import { afterAll, beforeAll, expect, test } from 'vitest';
import { alertEvent } from '../../testing/alert-event.js';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { openDatabase } from '../database/open-database.js';
import { claimPositions } from '../positions/positions.js';
import { type AlertChange, type AlertFeed, alertsSince, newestChange, openAlertFeed } from './alert-feed.js';
import { applyAlerts } from './apply-alerts.js';

let pg: TestDatabase;
let feed: AlertFeed;
let got: AlertChange[];

beforeAll(async () => {
  pg = await openTestDatabase();
  feed = await openAlertFeed({ database: pg.database, url: pg.url });
  got = [];
  feed.subscribe((changes) => got.push(...changes));
});
afterAll(async () => {
  await feed.close();
  await pg.close();
});

const offsets = new Map<number, number>();
async function change(ids: readonly string[], partition = 0, database = pg.database): Promise<void> {
  const offset = offsets.get(partition) ?? 0;
  const at = { projection: 'alerts', topic: 'alert', partition, offset };
  await claimPositions(database, [at]);
  const records = ids.map((id, i) => ({
    offset: offset + i,
    alert: alertEvent({ id, group: { user: id }, position: { partition, offset: offset + i }, evidence: [] }),
  }));
  offsets.set(partition, offset + ids.length);
  await applyAlerts(database, [{ reached: at, records, next: offset + ids.length }]);
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise((done) => setTimeout(done, 10));
  expect(condition()).toBe(true);
}

test('a committed change is pushed, in order, whichever process made it', async () => {
  const other = await openDatabase({ url: pg.url });
  await change(['one', 'two']);
  await change(['three'], 1, other);
  await until(() => got.length === 3);
  expect(got.map(({ alert }) => alert.id)).toEqual(['one', 'two', 'three']);
  expect(got[0].alert.triage.status).toBe('new');
  await other.destroy();
});

test('who comes back gets what changed since, each alert once', async () => {
  const last = await newestChange(pg.database);
  await change(['two', 'four']);
  await change(['two']);
  const missed = await alertsSince(pg.database, last);
  expect(missed.map(({ alert }) => alert.id)).toEqual(['four', 'two']);
  expect(await alertsSince(pg.database, missed[1].change)).toEqual([]);
});

test('many writers, a reader who polls: no change below the newest seen is ever missing', async () => {
  let seen = await newestChange(pg.database);
  const found: string[] = [];
  let writing = true;
  const reader = (async () => {
    for (let last = false; !last; ) {
      last = !writing;
      const changes = await alertsSince(pg.database, seen);
      if (changes.length > 0) seen = changes[changes.length - 1].change;
      found.push(...changes.map(({ alert }) => alert.id));
    }
  })();
  const writers = [2, 3, 4, 5].map(async (partition) => {
    for (let i = 0; i < 40; i++) await change([`p${partition}-${i}-a`, `p${partition}-${i}-b`], partition);
  });
  await Promise.all(writers);
  writing = false;
  await reader;
  expect(found).toHaveLength(320);
  expect(new Set(found).size).toBe(320);
});

test('a broken connection is made anew, and what changed meanwhile is pushed', async () => {
  await until(() => got.at(-1)?.alert.id.startsWith('p') ?? false);
  got.length = 0;
  await pg.database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'weir feed'`,
  );
  await change(['while away']);
  await until(() => got.some(({ alert }) => alert.id === 'while away'));
  await change(['after']);
  await until(() => got.at(-1)?.alert.id === 'after');
});
