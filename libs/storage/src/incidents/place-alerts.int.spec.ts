import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Alert } from '#libs/events';
import { alertEvent } from '../../testing/alert-event.js';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { applyAlerts } from '../alerts/apply-alerts.js';
import { claimPositions } from '../positions/positions.js';
import { causesOf, INCIDENT_GAP_MS } from './causes.js';
import { getIncident, listIncidents } from './read-incidents.js';

let pg: TestDatabase;
beforeAll(async () => {
  pg = await openTestDatabase();
});
afterAll(() => pg.close());

const start = Date.UTC(2026, 0, 1);
const hour = INCIDENT_GAP_MS;
const step = 600_000;
const at = (ms: number) => new Date(start + ms).toISOString();

const empty = () =>
  pg.database.query(
    'TRUNCATE computed.alert, computed.alert_evidence, computed.incident_run, computed.projection_position',
  );

/** Revisions of one alert, from the first to the last: each begins no later and ends no earlier than the one before. */
interface Life {
  id: string;
  revisions: Alert[];
}

/** Each life is in a partition of its own log, in its order; `order` says whose turn it is. */
async function project(lives: readonly Life[], order: readonly number[], batch: number): Promise<void> {
  await empty();
  const reached = lives.map(() => 0);
  for (const turn of order) {
    const partition = turn % lives.length;
    const { revisions } = lives[partition];
    const from = reached[partition];
    const records = revisions.slice(from, from + batch).map((alert, i) => ({ offset: from + i, alert }));
    if (records.length === 0) continue;
    reached[partition] += records.length;
    const position = { projection: 'alerts', topic: 'alert', partition, offset: from };
    await claimPositions(pg.database, [position]);
    expect(await applyAlerts(pg.database, [{ reached: position, records, next: reached[partition] }])).toBe(true);
  }
}

async function incidentsOf(): Promise<Record<string, string | null>> {
  const rows = await pg.database.query<{ id: string; incident: string | null }[]>(
    'SELECT id, incident FROM computed.alert ORDER BY id',
  );
  return Object.fromEntries(rows.map(({ id, incident }) => [id, incident]));
}

/** What is kept of each incident, and what its alerts add up to. */
async function sumsOf(): Promise<{ kept: unknown; counted: unknown }> {
  const kind = 'incident, rule_name, severity';
  const [kept, counted] = await Promise.all(
    [
      `SELECT ${kind}, alerts, open, acknowledged, closed FROM computed.incident_sum WHERE alerts > 0`,
      `SELECT ${kind}, count(*)::integer AS alerts, (count(*) FILTER (WHERE state = 'open'))::integer AS open,
         (count(*) FILTER (WHERE triage_status = 'acknowledged'))::integer AS acknowledged,
         (count(*) FILTER (WHERE triage_status = 'closed'))::integer AS closed
       FROM computed.alert
       WHERE incident IS NOT NULL AND state <> 'merged' AND NOT shadow AND NOT retro GROUP BY ${kind}`,
    ].map((sql) => pg.database.query(`${sql} ORDER BY ${kind}`)),
  );
  return { kept, counted };
}

/** Compares every alert with every other, over and over. */
function bruteForce(lives: readonly Life[]): Record<string, string | null> {
  const told = (alert: Alert) => !alert.shadow && !alert.retro;
  const members = lives.filter(({ revisions }) => revisions.some(told));
  const spans = members.map(({ revisions }) => {
    const heard = revisions.filter(told);
    return {
      begins: Math.min(...heard.map(({ openedAt }) => Math.floor(Date.parse(openedAt) / step) * step)),
      ends: Math.max(...heard.map(({ lastSeen }) => Math.ceil(Date.parse(lastSeen) / step) * step)),
      causes: causesOf(heard[0]),
    };
  });
  const label = members.map((_, i) => i);
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 0; i < members.length; i++) {
      for (let j = 0; j < members.length; j++) {
        const [a, b] = [spans[i], spans[j]];
        const near = a.begins - b.ends <= hour && b.begins - a.ends <= hour;
        if (!near || !a.causes.some((cause) => b.causes.includes(cause)) || label[i] <= label[j]) continue;
        label[i] = label[j];
        changed = true;
      }
    }
  }
  const newest = ({ revisions }: Life) => revisions[revisions.length - 1];
  const rank = (life: Life) => {
    const { state, shadow, retro, openedAt, id } = newest(life);
    return `${state === 'merged' || shadow || retro ? 1 : 0} ${openedAt} ${id}`;
  };
  const result: Record<string, string | null> = Object.fromEntries(lives.map(({ id }) => [id, null]));
  members.forEach(({ id }, i) => {
    const own = members.filter((_, j) => label[j] === label[i]);
    result[id] = own.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))[0].id;
  });
  return Object.fromEntries(Object.entries(result).sort());
}

const groups = [
  { ip: '192.0.2.7' },
  { 'c-ip': '::ffff:192.0.2.7' },
  { ip: '192.0.2.9', user: 'root' },
  { ip: '198.51.100.1' },
  { ip: '2001:db8::1' },
  { ip: '2001:db8:0:0:1::' },
  { ip: '2001:db8:0:1::' },
  { user: 'root' },
  { user: 'root', host: 'a' },
  {},
];

const growth = fc.record({
  earlier: fc.integer({ min: 0, max: hour }),
  later: fc.integer({ min: 0, max: hour }),
  shadow: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  state: fc.constantFrom('open' as const, 'closed' as const, 'merged' as const),
});

const life = fc.record({
  rule: fc.constantFrom('r1', 'r2', 'r3'),
  group: fc.constantFrom(...groups),
  // Whole and half gaps, so that what touches exactly comes up.
  opened: fc.integer({ min: 0, max: 24 }).map((n) => (n * hour) / 2),
  lasts: fc.constantFrom(0, 1, hour / 2, hour),
  retro: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  growths: fc.array(growth, { maxLength: 3 }),
});

function livesOf(drawn: readonly (typeof life extends fc.Arbitrary<infer T> ? T : never)[]): Life[] {
  return drawn.map(({ rule, group, opened, lasts, retro, growths }, i) => {
    const id = `a${i}`;
    let [begins, ends] = [opened, opened + lasts];
    const steps = [{ earlier: 0, later: 0, shadow: false, state: 'open' as const }, ...growths];
    const revisions = steps.map(({ earlier, later, shadow, state }, revision) => {
      begins -= earlier;
      ends += later;
      return alertEvent({
        id,
        rule: { id: rule, name: rule, title: rule, version: 1 },
        group,
        state,
        shadow,
        retro,
        mergedInto: state === 'merged' ? 'elsewhere' : null,
        firstSeen: at(begins),
        openedAt: at(begins),
        lastSeen: at(ends),
        revision,
        position: { partition: i, offset: revision },
        evidence: [],
      });
    });
    return { id, revisions };
  });
}

test('incidents are those of a comparison of all with all, whatever the order and the batches', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(life, { minLength: 1, maxLength: 10 }).map(livesOf),
      fc.infiniteStream(fc.nat()),
      fc.integer({ min: 1, max: 4 }),
      async (lives, turns, batch) => {
        const everything = lives.flatMap((_, i) => [i, i, i, i]);
        const shuffled = everything
          .map((partition) => ({ partition, key: turns.next().value as number }))
          .sort((a, b) => a.key - b.key);
        await project(
          lives,
          shuffled.map(({ partition }) => partition),
          batch,
        );
        expect(await incidentsOf()).toEqual(bruteForce(lives));
        const { kept, counted } = await sumsOf();
        expect(kept).toEqual(counted);
      },
    ),
    { numRuns: 80 },
  );
});

const alert = (id: string, minutes: number, changes: Partial<Alert> = {}): Life => ({
  id,
  revisions: [
    alertEvent({
      id,
      openedAt: at(minutes * 60_000),
      lastSeen: at(minutes * 60_000),
      position: { partition: 0, offset: 1 },
      evidence: [],
      ...changes,
    }),
  ],
});
const inOrder = (lives: readonly Life[]) => lives.map((_, i) => i);

test('a late alert joins two incidents: one keeps its name, and the name of the other leads there', async () => {
  const lives = [alert('first', 0), alert('second', 100), alert('late', 50)];
  await project(lives.slice(0, 2), [0, 1], 1);
  expect((await listIncidents(pg.database)).items.map(({ id }) => id)).toEqual(['second', 'first']);
  await project(lives, inOrder(lives), 1);
  expect(await incidentsOf()).toEqual({ first: 'first', late: 'first', second: 'first' });
  expect(await getIncident(pg.database, 'second')).toMatchObject({ id: 'first', alerts: 3 });
});

test('an alert that opened before all others gives its name; the names that there were lead to it', async () => {
  const lives = [alert('later', 10), alert('late', 0)];
  await project(lives, inOrder(lives), 1);
  expect(await getIncident(pg.database, 'later')).toMatchObject({ id: 'late', alerts: 2, openedAt: at(0) });
});

test('one address over several rules, and one rule over a network, are one incident; another rule there is not', async () => {
  const rule = (id: string) => ({ id, name: id, title: id, version: 1 });
  const lives = [
    alert('a', 0, { rule: rule('r1'), group: { ip: '192.0.2.7' } }),
    alert('b', 1, { rule: rule('r2'), group: { 'c-ip': '192.0.2.7' }, severity: 'critical', state: 'closed' }),
    alert('c', 2, { rule: rule('r1'), group: { ip: '192.0.2.200' }, severity: 'low' }),
    alert('d', 3, { rule: rule('r3'), group: { ip: '192.0.2.201' } }),
    alert('e', 4, { rule: rule('r1'), group: { ip: '192.0.2.7' }, shadow: true }),
  ];
  await project(lives, inOrder(lives), 1);
  expect(await incidentsOf()).toEqual({ a: 'a', b: 'a', c: 'a', d: 'd', e: null });
  expect(await getIncident(pg.database, 'c')).toEqual({
    id: 'a',
    state: 'open',
    severity: 'critical',
    openedAt: at(0),
    lastSeen: at(120_000),
    alerts: 3,
    open: 2,
    group: { ip: '192.0.2.7' },
    rules: ['r1', 'r2'],
    triage: { new: 3, acknowledged: 0, closed: 0 },
  });
  expect(await getIncident(pg.database, 'e')).toBeNull();
  const ids = async (listing: Parameters<typeof listIncidents>[1]) =>
    (await listIncidents(pg.database, listing)).items.map(({ id }) => id);
  expect(await ids({})).toEqual(['d', 'a']);
  expect(await ids({ severity: 'critical' })).toEqual(['a']);
  expect(await ids({ group: '192.0.2.200' })).toEqual(['a']);
  expect(await ids({ group: 'ip:192.0.2.201', rule: 'r3' })).toEqual(['d']);
  expect(await ids({ state: 'closed' })).toEqual([]);
  expect(await ids({ state: 'open', q: '2.200' })).toEqual(['a']);
  const { next } = await listIncidents(pg.database, { limit: 1 });
  expect(await ids({ cursor: next! })).toEqual(['a']);
});
