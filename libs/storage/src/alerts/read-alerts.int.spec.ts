import { afterAll, beforeAll, expect, test } from 'vitest';
import { alertEvent } from '../../testing/alert-event.js';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { claimPositions } from '../positions/positions.js';
import { applyAlerts } from './apply-alerts.js';
import { type AlertListing, listAlerts, streamAlerts } from './read-alerts.js';

const minute = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString();

let pg: TestDatabase;
let offset = 0;

async function insert(...alerts: Parameters<typeof alertEvent>[0][]): Promise<void> {
  const at = { projection: 'alerts', topic: 'alert', partition: 0, offset };
  await claimPositions(pg.database, [at]);
  const records = alerts.map((changes, i) => ({
    offset: offset + i,
    alert: alertEvent({ position: { partition: 0, offset: offset + i }, evidence: [], ...changes }),
  }));
  offset += alerts.length;
  await applyAlerts(pg.database, [{ reached: at, records, next: offset }]);
}

beforeAll(async () => {
  pg = await openTestDatabase();
  const mail = { id: 'r2', name: 'mail-burst', title: 'Many mails, 100% alike', version: 2 };
  await insert(
    { id: 'ssh-1', openedAt: minute(1) },
    { id: 'ssh-2', openedAt: minute(2), state: 'closed', closedAt: minute(9), group: { ip: '192.0.2.77' } },
    {
      id: 'mail-3',
      openedAt: minute(3),
      rule: mail,
      severity: 'low',
      group: { sender: 'a@b.example', ip: '192.0.2.7' },
    },
    { id: 'gone-4', openedAt: minute(4), state: 'merged', mergedInto: 'ssh-1' },
    { id: 'mail-5', openedAt: minute(5), rule: mail, severity: 'critical', group: { sender: 'weird:name' } },
  );
});
afterAll(() => pg.close());

const ids = async (filter: AlertListing) => (await listAlerts(pg.database, filter)).items.map(({ id }) => id);

test.each<[AlertListing, string[]]>([
  [{}, ['mail-5', 'mail-3', 'ssh-2', 'ssh-1']],
  [{ state: 'open' }, ['mail-5', 'mail-3', 'ssh-1']],
  [{ state: 'merged' }, ['gone-4']],
  [{ severity: 'low' }, ['mail-3']],
  [{ rule: 'r2' }, ['mail-5', 'mail-3']],
  [{ rule: 'mail-burst' }, ['mail-5', 'mail-3']],
  [{ rule: 'mail' }, []],
  [{ group: 'ip:192.0.2.7' }, ['mail-3', 'ssh-1']],
  [{ group: '192.0.2.7' }, ['mail-3', 'ssh-1']],
  [{ group: 'sender:192.0.2.7' }, []],
  [{ group: 'weird:name' }, ['mail-5']],
  [{ group: 'sender:weird:name' }, ['mail-5']],
  [{ since: Date.parse(minute(2)), until: Date.parse(minute(5)) }, ['mail-3', 'ssh-2']],
  [{ q: 'B.EXAMPLE' }, ['mail-3']],
  [{ q: '0% al' }, ['mail-5', 'mail-3']],
  [{ q: '0%al' }, []],
  [{ q: '_' }, []],
  [{ q: "'; DROP TABLE computed.alert; --\0\\" }, []],
  [{ owner: 'kim' }, []],
  [{ rule: 'r2', severity: 'critical', state: 'open', q: 'weird' }, ['mail-5']],
])('%j', async (filter, expected) => {
  expect(await ids(filter)).toEqual(expected);
});

test('pages hold every alert once while others come in, also those that opened at the same moment', async () => {
  await insert(...Array.from({ length: 25 }, (_, i) => ({ id: `same-${i}`, openedAt: minute(-10), rule: rule('p') })));
  const seen: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; ; page++) {
    const { items, next } = await listAlerts(pg.database, { rule: 'p', limit: 10, cursor });
    seen.push(...items.map(({ id }) => id));
    await insert({ id: `new-${page}`, openedAt: minute(20 + page), rule: rule('p') });
    if (next === null) break;
    cursor = next;
  }
  expect(seen).toHaveLength(25);
  expect(new Set(seen).size).toBe(25);
});

test('a full last page has no next', async () => {
  await insert({ id: 'full-1', rule: rule('full') }, { id: 'full-2', rule: rule('full') });
  expect((await listAlerts(pg.database, { rule: 'full', limit: 2 })).next).toBeNull();
});

test.each(['', 'x', Buffer.from('2026-99-01T00:00:00.000Z a').toString('base64url')])('cursor %j', async (cursor) => {
  await expect(listAlerts(pg.database, { cursor })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
});

test('the audit sees every alert once, in order of id, over pages', async () => {
  await insert(...Array.from({ length: 1_001 }, (_, i) => ({ id: `many-${i}` })));
  const seen: string[] = [];
  for await (const { id } of streamAlerts(pg.database)) seen.push(id);
  const rows = await pg.database.query<{ id: string }[]>('SELECT id FROM computed.alert ORDER BY id');
  expect(seen).toEqual(rows.map(({ id }) => id));
  expect(seen.length).toBeGreaterThan(1_001);
});

function rule(id: string) {
  return { id, name: `${id}-rule`, title: id, version: 1 };
}
