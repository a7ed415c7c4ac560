import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Alert } from '#libs/events';
import { alertEvent } from '../../testing/alert-event.js';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { claimPositions } from '../positions/positions.js';
import { applyAlerts } from './apply-alerts.js';
import { knownEpisodes } from './known-episodes.js';
import { markedAlerts } from './marked-alerts.js';

let pg: TestDatabase;
const position = { projection: 'alerts', topic: 'alert', partition: 0, offset: 0 };
const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000Z`;
const episode = (id: string, from: number, until: number | null, changes: Partial<Alert> = {}): Alert =>
  alertEvent({
    id,
    openedAt: at(from),
    lastSeen: at(until ?? from),
    closedAt: until === null ? null : at(until),
    state: until === null ? 'open' : 'closed',
    ...changes,
  });

beforeAll(async () => {
  pg = await openTestDatabase();
  await claimPositions(pg.database, [position]);
  const stored = [
    episode('closed', 10, 20),
    episode('open', 30, null, { group: { ip: '192.0.2.8' } }),
    episode('gone', 40, 50, { state: 'merged', mergedInto: 'closed' }),
  ];
  const records = stored.map((alert, offset) => ({ offset, alert }));
  await applyAlerts(pg.database, [{ reached: position, records, next: stored.length }]);
  await pg.database.query(
    `INSERT INTO decided.triage (alert_id, verdict) VALUES ('closed', 'true-positive'), ('open', 'false-positive'), ('gone', 'true-positive')`,
  );
});
afterAll(() => pg.close());

const known = async (...alerts: Alert[]) => [...(await knownEpisodes(pg.database, alerts))].sort();

test('an episode is known by its identity, or by rule, group and time', async () => {
  expect(await known(episode('closed', 55, 56))).toEqual(['closed']);
  expect(await known(episode('x', 5, 10), episode('y', 20, 25), episode('z', 12, 13))).toEqual(['x', 'y', 'z']);
  expect(await known(episode('x', 5, 9), episode('y', 21, 25))).toEqual([]);
  expect(await known(episode('x', 55, 56, { group: { ip: '192.0.2.8' } }))).toEqual(['x']);
});

test('another rule, another group, or one that was merged, is not it', async () => {
  const { rule } = alertEvent();
  expect(await known(episode('x', 12, 13, { rule: { ...rule, id: 'r2' } }))).toEqual([]);
  expect(await known(episode('x', 12, 13, { group: { ip: '192.0.2.9' } }))).toEqual([]);
  expect(await known(episode('x', 42, 43))).toEqual([]);
});

test('marked alerts are those of the rules that opened in the range', async () => {
  const marked = async (from: number | null, until: number | null, ids = ['r1']) =>
    (await markedAlerts(pg.database, ids, from, until)).map(({ id, verdict }) => `${id} ${verdict}`);
  expect(await marked(null, null)).toEqual(['open false-positive', 'closed true-positive']);
  expect(await marked(Date.parse(at(10)), Date.parse(at(30)))).toEqual(['closed true-positive']);
  expect(await marked(null, null, ['r2'])).toEqual([]);
});
