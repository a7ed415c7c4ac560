import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import type { Alert } from '#libs/events';
import { alertEvent } from '../../testing/alert-event.js';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { alertsSince, newestChange } from '../alerts/alert-feed.js';
import { applyAlerts } from '../alerts/apply-alerts.js';
import { getAlert, listAlerts } from '../alerts/read-alerts.js';
import { claimPositions } from '../positions/positions.js';
import type { TriageStep } from './triage.js';
import { SELECTION_ALERTS_MAX, TriageStore } from './triage-store.js';

let pg: TestDatabase;
let triage: TriageStore;
const clock = new ManualClock(Date.UTC(2026, 0, 1));
beforeAll(async () => {
  pg = await openTestDatabase();
  // Emptied between tests, which nothing else may do.
  await pg.database.query('ALTER TABLE decided.audit_log DISABLE TRIGGER audit_log_only_grows');
  triage = new TriageStore(pg.database, clock);
});
afterAll(() => pg.close());

const computed = 'computed.alert, computed.alert_evidence, computed.incident_run, computed.projection_position';
let offset = 0;
beforeEach(async () => {
  offset = 0;
  await pg.database.query(
    `TRUNCATE ${computed}, decided.triage, decided.triage_change, decided.answered_request, decided.audit_log`,
  );
});

/** One transaction for each batch. */
async function project(...batches: Partial<Alert>[][]): Promise<void> {
  for (const batch of batches) {
    const at = { projection: 'alerts', topic: 'alert', partition: 0, offset };
    await claimPositions(pg.database, [at]);
    const records = batch.map((changes, i) => ({
      offset: offset + i,
      alert: alertEvent({ evidence: [], position: { partition: 0, offset: offset + i }, ...changes }),
    }));
    offset += batch.length;
    expect(await applyAlerts(pg.database, [{ reached: at, records, next: offset }])).toBe(true);
  }
}

const shown = async (id: string) => (await getAlert(pg.database, id))!.triage;
const audited = () =>
  pg.database.query<{ actor: string; action: string; subject: string; facts: unknown }[]>(
    'SELECT actor, action, subject, facts FROM decided.audit_log ORDER BY id',
  );

test('steps add up, each is in the history with who and when, and the audit log has it', async () => {
  await project([{ id: 'a1' }]);
  expect(await triage.changeOf('a1')).toBe(0);
  const first = await triage.take('a1', { status: 'acknowledged', owner: 'kim' }, 'key-1', 0);
  clock.advance(60_000);
  const second = await triage.take('a1', { note: 'a scanner\0 \ud800' }, 'key-2', first);
  await triage.take('a1', { status: 'closed', reason: 'ours', verdict: 'false-positive' }, 'key-1', second);
  expect(await shown('a1')).toEqual({
    status: 'closed',
    owner: 'kim',
    verdict: 'false-positive',
    reason: 'ours',
    notes: 1,
  });
  await triage.take('a1', { status: 'new', verdict: null, owner: null }, 'key-3', null);
  expect(await shown('a1')).toEqual({ status: 'new', owner: null, verdict: null, reason: null, notes: 1 });
  const history = await triage.history('a1');
  expect(history.map(({ actor, actions, at }) => [actor, actions.join(), at.slice(11, 16)])).toEqual([
    ['key-3', 'reopened,unassigned,unmarked', '00:01'],
    ['key-1', 'closed,marked', '00:01'],
    ['key-2', 'noted', '00:01'],
    ['key-1', 'acknowledged,assigned', '00:00'],
  ]);
  expect(history[2]).toMatchObject({ note: 'a scanner\uFFFD \uFFFD', status: 'acknowledged', owner: 'kim' });
  expect(await triage.changeOf('a1')).toBe(history[0].change);
  expect((await audited()).map(({ actor, action, subject }) => [actor, action, subject])).toEqual(
    ['key-1', 'key-2', 'key-1', 'key-3'].map((actor) => [actor, 'alert.triaged', 'alert:a1']),
  );
});

test('who decides on what somebody else has changed meanwhile is refused; a step that changes nothing leaves no trace', async () => {
  await project([{ id: 'a1' }]);
  const change = await triage.take('a1', { status: 'acknowledged' }, 'key-1', 0);
  await expect(triage.take('a1', { owner: 'lee' }, 'key-2', 0)).rejects.toMatchObject({ code: 'ALERT_CHANGED' });
  expect(await triage.take('a1', { status: 'acknowledged' }, 'key-2', change)).toBe(change);
  expect(await triage.history('a1')).toHaveLength(1);
  expect(await triage.take('none', { owner: 'lee' }, 'key-2', null)).toBeNull();
  // Of many who saw the same, one is first.
  const all = await Promise.allSettled(
    Array.from({ length: 8 }, (_, i) => triage.take('a1', { owner: `o${i}` }, 'key-3', change)),
  );
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a step is a change of that alert to whoever follows alerts', async () => {
  await project([{ id: 'a1' }, { id: 'a2', group: { user: 'x' } }]);
  const seen = await newestChange(pg.database);
  await triage.take('a1', { owner: 'kim' }, 'key-1', 0);
  const changes = await alertsSince(pg.database, seen);
  expect(changes.map(({ alert }) => [alert.id, alert.triage.owner])).toEqual([['a1', 'kim']]);
});

test('an alert that absorbs another one shows what was decided about that, until it has decisions of its own', async () => {
  await project([{ id: 'first' }, { id: 'later', openedAt: '2026-01-01T00:01:00.000Z' }]);
  await triage.take('later', { status: 'acknowledged', owner: 'kim', note: 'seen' }, 'key-1', 0);
  await project([{ id: 'later', state: 'merged', mergedInto: 'first' }]);
  expect(await shown('first')).toMatchObject({ status: 'acknowledged', owner: 'kim', notes: 1 });
  expect((await listAlerts(pg.database, { owner: 'kim' })).items.map(({ id }) => id)).toEqual(['first']);
  await expect(triage.take('later', { owner: 'lee' }, 'key-2', null)).rejects.toMatchObject({
    code: 'ALERT_MERGED',
    facts: { mergedInto: 'first' },
  });
  await triage.take('first', { note: 'mine' }, 'key-2', 0);
  await triage.take('first', { owner: 'lee' }, 'key-2', null);
  expect(await shown('first')).toEqual({ status: 'acknowledged', owner: 'lee', verdict: null, reason: null, notes: 2 });
  for (const id of ['first', 'later']) {
    expect((await triage.history(id)).map(({ alert, actor }) => [alert, actor])).toEqual([
      ['first', 'key-2'],
      ['first', 'key-2'],
      ['later', 'key-1'],
    ]);
  }
  expect(await triage.takeEach({ ids: ['later', 'first', 'no\0body'] }, { status: 'new' }, 'key-3')).toEqual({
    matched: 1,
    changed: ['first'],
    unknown: ['no\0body'],
  });
});

test('what is shown is the same after everything computed was dropped and computed again, in other batches', async () => {
  const merge = (id: string, mergedInto: string) => ({ id, state: 'merged' as const, mergedInto });
  const steps: Partial<Alert>[] = [{ id: 'a' }, { id: 'b' }, { id: 'c' }, merge('c', 'b'), merge('b', 'a')];
  const step = fc.record({
    id: fc.constantFrom('a', 'b', 'c'),
    after: fc.nat({ max: steps.length }),
    given: fc.constantFrom<TriageStep>(
      { owner: 'kim' },
      { status: 'acknowledged' },
      { note: 'n' },
      { verdict: 'true-positive' },
    ),
  });
  const all = async () =>
    pg.database.query(
      `SELECT id, triage_status, triage_owner, triage_verdict, triage_notes FROM computed.alert ORDER BY id`,
    );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 5 }), fc.integer({ min: 1, max: 5 }), async (taken, size) => {
      offset = 0;
      await pg.database.query(`TRUNCATE ${computed}, decided.triage, decided.triage_change`);
      for (const [i, event] of steps.entries()) {
        await project([event]);
        for (const { id, given } of taken.filter(({ after }) => after === i)) {
          await triage.take(id, given, 'key', null).catch((error: { code: string }) => {
            expect(error.code).toBe('ALERT_MERGED');
          });
        }
      }
      const before = await all();
      offset = 0;
      await pg.database.query(`TRUNCATE ${computed}`);
      for (let from = 0; from < steps.length; from += size) await project(steps.slice(from, from + size));
      expect(await all()).toEqual(before);
    }),
    { numRuns: 40 },
  );
});

test('a selection by filter: all or none, counted first, not too many', async () => {
  await project(
    Array.from({ length: 30 }, (_, i) => ({ id: `a${i}`, severity: i < 10 ? ('low' as const) : ('high' as const) })),
  );
  const low = { filter: { severity: 'low' as const } };
  const step: TriageStep = { status: 'closed', reason: 'noise' };
  expect((await triage.look(low, step)).changed).toHaveLength(10);
  expect(await triage.history('a1')).toEqual([]);
  await triage.take('a3', step, 'key-1', null);
  expect(await triage.takeEach(low, step, 'key-2')).toMatchObject({ matched: 10, unknown: [] });
  expect(await triage.history('a3')).toHaveLength(1);
  expect((await triage.history('a1'))[0]).toMatchObject({ actor: 'key-2', reason: 'noise', actions: ['closed'] });
  expect(await audited()).toContainEqual({
    actor: 'key-2',
    action: 'alerts.triaged',
    subject: 'alerts',
    facts: { ...step, selection: low, alerts: 9 },
  });
  expect((await listAlerts(pg.database, { status: 'new', severity: 'low' })).items).toEqual([]);
  await pg.database.query(
    `INSERT INTO computed.alert SELECT (json_populate_record(a, json_build_object('id', 'x' || n, 'change', -n))).*
     FROM computed.alert a, generate_series(1, ${SELECTION_ALERTS_MAX}) n WHERE a.id = 'a20'`,
  );
  await expect(triage.takeEach({ filter: {} }, step, 'key-2')).rejects.toMatchObject({ code: 'SELECTION_TOO_LARGE' });
  expect((await triage.look({ filter: {} }, step)).matched).toBe(SELECTION_ALERTS_MAX + 30);
});

test('a request is done once, of two at a time too', async () => {
  await project([{ id: 'a1' }]);
  const request = { actor: 'key-1', key: 'once', digest: '', at: new Date(clock.now()) };
  const take = () => triage.takeEach({ ids: ['a1'] }, { note: 'one' }, 'key-1', request);
  const both = await Promise.allSettled([take(), take()]);
  expect(both.toSorted((a, b) => (a.status < b.status ? -1 : 1))).toEqual([
    { status: 'fulfilled', value: { matched: 1, changed: ['a1'], unknown: [] } },
    { status: 'rejected', reason: expect.objectContaining({ code: 'REQUEST_DONE' }) },
  ]);
  expect(await triage.history('a1')).toHaveLength(1);
});
