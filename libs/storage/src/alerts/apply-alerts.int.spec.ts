import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import type { Alert } from '#libs/events';
import { alertEvent } from '../../testing/alert-event.js';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { claimPositions } from '../positions/positions.js';
import { TriageStore } from '../triage/triage-store.js';
import { applyAlerts } from './apply-alerts.js';
import { getAlert } from './read-alerts.js';

let pg: TestDatabase;
let triage: TriageStore;
beforeAll(async () => {
  pg = await openTestDatabase();
  triage = new TriageStore(pg.database, new ManualClock(0));
});
afterAll(() => pg.close());
beforeEach(() =>
  pg.database.query(`TRUNCATE computed.alert, computed.alert_evidence, computed.incident_run,
    computed.projection_position, decided.triage, decided.triage_change`),
);

const at = (offset: number) => ({ projection: 'alerts', topic: 'alert', partition: 0, offset });
const claim = async (offset = 0) => (await claimPositions(pg.database, [at(offset)]))[0];

/** Records from an offset on. */
const apply = (offset: number, ...alerts: Alert[]) => applyAlerts(pg.database, [readFrom(0, offset, ...alerts)]);

const readFrom = (partition: number, offset: number, ...alerts: Alert[]) => ({
  reached: { ...at(offset), partition },
  records: alerts.map((alert, i) => ({ offset: offset + i, alert })),
  next: offset + alerts.length,
});

const decidedAt = (offset: number, changes: Partial<Alert> = {}) =>
  alertEvent({ position: { partition: 0, offset }, ...changes });
const stored = async (id = 'a1') => (await getAlert(pg.database, id))!;

test('an alert comes back as it went in, with its evidence in order of time', async () => {
  await claim();
  const { position, evidence, ...fields } = alertEvent();
  await apply(0, alertEvent({ evidence: evidence.toReversed() }));
  expect(await stored()).toEqual({
    ...fields,
    silencedBy: [],
    incident: 'a1',
    triage: { status: 'new', owner: null, verdict: null, reason: null, notes: 0 },
    evidence,
  });
  expect(await getAlert(pg.database, 'a2')).toBeNull();
  expect(position.offset).toBe(10);
});

test('what people decided is shown beside it, and stays when the alert changes', async () => {
  await claim();
  await apply(0, decidedAt(1));
  await triage.take('a1', { status: 'acknowledged', owner: 'kim' }, 'key-1', null);
  await apply(1, decidedAt(2, { state: 'closed', closedAt: '2026-01-01T00:02:00.000Z' }));
  expect(await stored()).toMatchObject({ state: 'closed', triage: { status: 'acknowledged', owner: 'kim' } });
  await pg.database.query('TRUNCATE computed.alert, computed.alert_evidence, computed.projection_position');
  await claim();
  await apply(0, decidedAt(1));
  expect(await stored()).toMatchObject({ state: 'open', triage: { status: 'acknowledged', owner: 'kim' } });
});

test('the newest position wins: within a batch, over batches, and whatever comes again', async () => {
  await claim();
  await apply(0, decidedAt(5, { value: 5 }), decidedAt(7, { value: 7 }), decidedAt(6, { value: 6 }));
  expect((await stored()).value).toBe(7);
  await apply(3, decidedAt(4, { value: 4 }), decidedAt(7, { value: 77 }));
  expect((await stored()).value).toBe(7);
  await apply(5, decidedAt(8, { value: 8 }));
  expect((await stored()).value).toBe(8);
});

test('a replay of everything changes nothing, not even the order of changes', async () => {
  await claim();
  const records = [decidedAt(1), decidedAt(2, { id: 'a2' }), decidedAt(3, { peak: 9 })];
  const rows = () => pg.database.query('SELECT * FROM computed.alert ORDER BY id');
  await apply(0, ...records);
  const before = await rows();
  await pg.database.query('UPDATE computed.projection_position SET "offset" = 0');
  await apply(0, ...records);
  expect(await rows()).toEqual(before);
});

test('events published with earlier revisions stay, references that left are removed', async () => {
  await claim();
  const reference = (offset: number, event?: object) => ({
    topic: 'login',
    partition: 0,
    offset,
    time: `2026-01-01T00:00:0${offset}.000Z`,
    ...(event ? { event: { ...event } } : {}),
  });
  const [one, two, three] = [1, 2, 3].map((n) => ({ n }));
  // Two revisions in one batch: the second leaves out what the first published.
  await apply(
    0,
    decidedAt(1, { evidence: [reference(1, one)] }),
    decidedAt(2, { evidence: [reference(1), reference(2, two)] }),
  );
  expect((await stored()).evidence!.map(({ event }) => event)).toEqual([one, two]);
  await apply(2, decidedAt(3, { evidence: [reference(2), reference(3, three), reference(4)] }));
  expect((await stored()).evidence!.map(({ offset, event }) => [offset, event])).toEqual([
    [2, two],
    [3, three],
    [4, null],
  ]);
  await apply(3, decidedAt(4, { evidence: [reference(4, { n: 4 })] }));
  expect((await stored()).evidence!.map(({ event }) => event)).toEqual([{ n: 4 }]);
});

test('text that PostgreSQL has no place for does not stop it', async () => {
  await claim();
  const group = { user: 'a\0b', other: '\ud800', z: 'é' };
  const evidence = [{ ...alertEvent().evidence[0], event: { user: 'a\0b\ud800' } }];
  const rule = { id: 'r\0', name: '\udfff', title: 't', version: 1, owner: 'o\0', runbook: null };
  const decision = { type: 'ban', duration: '4h', durationMs: 14_400_000, scope: 'U\0' } as const;
  await apply(0, decidedAt(1, { group, evidence, rule, decision }));
  const alert = await stored();
  expect(alert.group).toEqual(group);
  expect(alert.evidence![0].event).toEqual({ user: 'a\0b\ud800' });
  expect(alert.rule).toEqual({ ...rule, id: 'r\uFFFD', name: '\uFFFD', owner: 'o\uFFFD' });
  expect(alert.decision).toEqual(decision);
});

test('position and alerts are written together or not at all', async () => {
  await claim();
  const unstorable = decidedAt(2, { id: 'a2', firstSeen: 'yesterday-ish' });
  await expect(apply(0, decidedAt(1), unstorable)).rejects.toThrow(/timestamp/);
  expect(await getAlert(pg.database, 'a1')).toBeNull();
  expect(await claim(99)).toBe(0);
  await apply(0, decidedAt(1));
  expect(await claim(99)).toBe(1);
});

test('a commit whose answer was lost is not applied again; what follows it in a larger batch is', async () => {
  await claim();
  await apply(0, decidedAt(1, { events: 1 }));
  await apply(0, decidedAt(1, { events: 1 }));
  await apply(0, decidedAt(1, { events: 1 }), decidedAt(2, { events: 2 }));
  expect(await claim()).toBe(2);
  expect((await stored()).events).toBe(2);
});

test('two owners of one partition: each record counts once, whoever is first', async () => {
  await claim();
  const records = Array.from({ length: 20 }, (_, i) => decidedAt(i + 1, { id: `a${i}` }));
  const sizes = [1, 2, 3, 5];
  const owner = async (size: number) => {
    for (let from = 0; from < records.length; from += size) await apply(from, ...records.slice(from, from + size));
  };
  await Promise.all(sizes.map(owner));
  const [row] = await pg.database.query<{ alerts: string; changes: string }[]>(
    'SELECT count(*) AS alerts, count(DISTINCT change) AS changes FROM computed.alert',
  );
  expect(row).toEqual({ alerts: '20', changes: '20' });
  expect(await claim()).toBe(20);
});

test('a position that stands before what was reached, or is gone, is told, and nothing is written', async () => {
  await claim();
  await apply(0, decidedAt(1), decidedAt(2));
  await pg.database.query('UPDATE computed.projection_position SET "offset" = 1');
  expect(await apply(2, decidedAt(3))).toBe(false);
  await pg.database.query('TRUNCATE computed.projection_position');
  expect(await apply(2, decidedAt(3))).toBe(false);
  expect(await claim()).toBe(0);
});

test('partitions read together are written together: each from where it stands, or none where one was forgotten', async () => {
  const second = { ...at(0), partition: 1 };
  await claimPositions(pg.database, [at(0), second]);
  const both = [readFrom(0, 0, decidedAt(1)), readFrom(1, 0, decidedAt(1, { id: 'b1' }), decidedAt(2, { id: 'b2' }))];
  expect(await applyAlerts(pg.database, [both[0]])).toBe(true);
  // The first one's answer was lost: it comes again, with the other.
  expect(await applyAlerts(pg.database, both)).toBe(true);
  expect(await claimPositions(pg.database, [at(9), { ...second, offset: 9 }])).toEqual([1, 2]);
  expect((await stored()).revision).toBe(1);
  expect((await stored('b2')).id).toBe('b2');

  await pg.database.query('UPDATE computed.projection_position SET "offset" = 0 WHERE partition = 1');
  const later = [readFrom(0, 1, decidedAt(3, { id: 'a3' })), readFrom(1, 2, decidedAt(3, { id: 'b3' }))];
  expect(await applyAlerts(pg.database, later)).toBe(false);
  expect(await getAlert(pg.database, 'a3')).toBeNull();
  expect(await claimPositions(pg.database, [at(9), { ...second, offset: 9 }])).toEqual([1, 0]);
});

test('changes that a crash undid never share their numbers with later ones', async () => {
  await claim();
  const newest = async () => Number((await pg.database.query('SELECT max(change) FROM computed.alert'))[0].max);
  await apply(0, decidedAt(1));
  const seen = await newest();
  await pg.database.query(`SELECT setval('computed.alert_change', 1)`);
  await apply(1, decidedAt(2, { id: 'a2' }), decidedAt(3, { id: 'a3' }));
  expect(await newest()).toBeGreaterThan(seen + 1);
  expect(Number.isSafeInteger(seen * 2)).toBe(true);
});

test('what was raised afterwards gives way to what was raised live, and never takes its place', async () => {
  await claim();
  const retro = (changes: Partial<Alert> = {}) => decidedAt(0, { retro: true, ...changes });
  await apply(0, retro({ value: 1 }));
  expect(await stored()).toMatchObject({ retro: true, value: 1 });
  await apply(1, retro({ value: 2 }));
  expect(await stored()).toMatchObject({ retro: true, value: 1 });
  await apply(2, decidedAt(0, { value: 3 }));
  expect(await stored()).toMatchObject({ retro: false, value: 3 });
  await apply(3, retro({ value: 4, position: { partition: 1, offset: 99 } }));
  expect(await stored()).toMatchObject({ retro: false, value: 3 });
});

test('of both in one batch the live one is kept, whichever comes first', async () => {
  await claim();
  const [live, retro] = [decidedAt(3, { value: 3 }), decidedAt(0, { value: 9, retro: true })];
  await apply(0, retro, live);
  expect(await stored()).toMatchObject({ retro: false, value: 3 });
  await apply(2, { ...live, id: 'a2' }, { ...retro, id: 'a2' });
  expect(await stored('a2')).toMatchObject({ retro: false, value: 3 });
});
