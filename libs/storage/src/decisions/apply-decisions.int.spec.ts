import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import type { Alert } from '#libs/events';
import { parseNetwork } from '#libs/silencing';
import { alertEvent } from '../../testing/alert-event.js';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { claimPositions } from '../positions/positions.js';
import type { Silence } from '../silences/silence.js';
import { SilenceStore } from '../silences/silence-store.js';
import { applyDecisions, closeBites, type RecordedAlert } from './apply-decisions.js';
import { DecisionLedger } from './decision-ledger.js';
import { DecisionStore } from './decision-store.js';
import type { GuardBite } from './guard-bite.js';
import { listDecisions } from './read-decisions.js';

const MINUTE = 60_000;
const start = Date.UTC(2026, 0, 1);
const iso = (ms: number) => new Date(ms).toISOString();
const clock = new ManualClock(start);
const options = { ownNetworks: [parseNetwork('10.0.0.0/8')!], perMinuteMax: 3, beyondAddressesMax: 2 };

let pg: TestDatabase;
let bites: GuardBite[];
let offsets: Map<number, number>;
beforeAll(async () => {
  pg = await openTestDatabase();
  // Emptied between tests, which nothing else may do.
  await pg.database.query('ALTER TABLE decided.audit_log DISABLE TRIGGER audit_log_only_grows');
});
afterAll(() => pg.close());
beforeEach(async () => {
  bites = [];
  offsets = new Map();
  clock.set(start);
  await pg.database.query(
    `TRUNCATE computed.decision, computed.guard_bite, computed.held_alert, computed.projection_position,
       decided.decision, decided.decision_lift, decided.silence, decided.audit_log`,
  );
});

/** An alert as recorded `at` ms after the start, last seen at the same moment. */
function recorded(at: number, changes: Partial<Alert> & { ip?: string } = {}): Omit<RecordedAlert, 'offset'> {
  const { ip = '192.0.2.7', ...rest } = changes;
  const decision = { type: 'ban' as const, duration: '10m', durationMs: 10 * MINUTE, scope: 'Ip' };
  const alert = alertEvent({ id: `of ${ip}`, group: { ip }, decision, lastSeen: iso(start + at), ...rest });
  return { recordedAt: start + at, alert };
}

async function apply(partition: number, ...records: Omit<RecordedAlert, 'offset'>[]): Promise<void> {
  const from = offsets.get(partition) ?? 0;
  const next = from + records.length;
  offsets.set(partition, next);
  const position = { projection: 'decisions', topic: 'alert', partition, offset: from };
  await claimPositions(pg.database, [position]);
  const numbered = records.map((record, i) => ({ ...record, offset: from + i }));
  const bitten = async (found: readonly GuardBite[]) => {
    bites.push(...found);
  };
  // A second time nothing happens: the position is past them.
  for (let times = 0; times < 2; times++)
    expect(
      await applyDecisions(pg.database, [{ reached: position, records: numbered, next }], { ...options, bitten }),
    ).toBe(true);
}

async function listed(at: number, history = false): Promise<string[]> {
  const { items } = await listDecisions(pg.database, { at: start + at, history, limit: 200 });
  return items.map(({ decision, state }) => {
    const [from, until] = [decision.startsAt, decision.until].map((ms) => (ms - start) / MINUTE);
    return `${decision.value} ${state} ${from}-${until}${decision.guard ? ` ${decision.guard}` : ''}`;
  });
}

/** What a bouncer would be told, which is kept in memory. */
async function blocked(ledger: DecisionLedger, at: number): Promise<string[]> {
  const book = await ledger.upTo(start + at);
  return [...book.active(start + at)].map(({ decision }) => decision.value).sort();
}

test('a decision lasts as long as its episode and its duration; a gap begins a new one', async () => {
  await apply(0, recorded(0));
  expect(await listed(MINUTE)).toEqual(['192.0.2.7 active 0-10']);
  await apply(0, recorded(8 * MINUTE), recorded(9 * MINUTE, { lastSeen: iso(start + 8.5 * MINUTE) }));
  expect(await listed(18 * MINUTE)).toEqual(['192.0.2.7 active 0-18.5']);
  await apply(0, recorded(20 * MINUTE, { state: 'closed', closedAt: iso(start + 20 * MINUTE) }));
  expect(await listed(20 * MINUTE)).toEqual(['192.0.2.7 active 20-30']);
  // Who was blocked at any time.
  expect(await listed(19 * MINUTE)).toEqual([]);
  expect(await listed(17 * MINUTE)).toEqual(['192.0.2.7 active 0-18.5']);
  expect(await listed(31 * MINUTE, true)).toEqual(['192.0.2.7 expired 20-30', '192.0.2.7 expired 0-18.5']);
});

test('what decides nothing: shadow, retro, merged, without a decision, and what was over before it was recorded', async () => {
  await apply(
    0,
    recorded(0, { shadow: true }),
    recorded(1, { retro: true }),
    recorded(2, { state: 'merged' }),
    recorded(3, { decision: null }),
    recorded(60 * MINUTE, { lastSeen: iso(start + 50 * MINUTE) }),
  );
  expect(await listed(60 * MINUTE, true)).toEqual([]);
});

test('a sender’s clock that runs ahead blocks nobody longer', async () => {
  await apply(0, recorded(0, { lastSeen: iso(start + 600 * MINUTE) }));
  expect(await listed(0)).toEqual(['192.0.2.7 active 0-10']);
});

test('the guard: own networks, wide ranges, groups without an address', async () => {
  const range = { type: 'ban' as const, duration: '10m', durationMs: 10 * MINUTE, scope: 'Range' };
  await apply(
    0,
    recorded(0, { ip: '10.1.2.3' }),
    recorded(1, { id: 'w', group: { net: '9.0.0.0/8' }, decision: range }),
    recorded(2, { id: 'u', group: { user: 'root' } }),
  );
  expect(await listed(5)).toEqual([]);
  expect(bites.map(({ reason, refused }) => [reason, refused]).sort()).toEqual([
    ['own', 1],
    ['value', 1],
    ['wide', 1],
  ]);
});

test('at most so many a minute and rule, the first of them, in whatever order partitions are read', async () => {
  const floods = [0, 1].map((partition) =>
    Array.from({ length: 4 }, (_, i) => recorded(i * 1_000 + partition * 500, { ip: `192.0.${partition}.${i}` })),
  );
  const other = recorded(10, { ip: '198.51.100.1', rule: { ...alertEvent().rule, id: 'r2', name: 'other' } });
  const next = recorded(MINUTE, { ip: '198.51.100.2' });
  const orders = [
    [0, 1],
    [1, 0],
  ];
  const outcomes: unknown[] = [];
  for (const order of orders) {
    await pg.database.query('TRUNCATE computed.decision, computed.guard_bite, computed.projection_position');
    offsets.clear();
    for (const partition of order) {
      // In one batch, and record by record.
      if (partition === 0) await apply(0, ...floods[0], other, next);
      else for (const record of floods[1]) await apply(1, record);
    }
    const rows = await pg.database.query('SELECT rule_id, reason, refused FROM computed.guard_bite');
    outcomes.push([await listed(MINUTE, true), rows]);
  }
  expect(outcomes[1]).toEqual(outcomes[0]);
  expect(await listed(MINUTE)).toEqual(
    expect.arrayContaining(
      ['192.0.0.0', '192.0.1.0', '192.0.0.1', '198.51.100.1', '198.51.100.2'].map((ip) =>
        expect.stringContaining(`${ip} active`),
      ),
    ),
  );
  expect(await listed(MINUTE)).toHaveLength(5);
  expect(outcomes[0]).toMatchObject([expect.anything(), [{ rule_id: 'r1', reason: 'rate', refused: 5 }]]);
  const closed: GuardBite[] = [];
  const closing = async (found: readonly GuardBite[]) => {
    closed.push(...found);
  };
  await closeBites(pg.database, start, closing);
  expect(closed).toEqual([]);
  for (let times = 0; times < 2; times++) await closeBites(pg.database, start + 1, closing);
  expect(closed).toMatchObject([{ reason: 'rate', refused: 5 }]);
});

test('at most so many countries at a time and rule, the first of them, in whatever order partitions are read', async () => {
  const country = { type: 'ban' as const, duration: '10m', durationMs: 10 * MINUTE, scope: 'Country' };
  const of = (minute: number, value: string, changes: Partial<Alert> = {}) =>
    recorded(minute * MINUTE, { id: value, group: { country: value }, decision: country, ...changes });
  const other = { ...alertEvent().rule, id: 'r2', name: 'other' };
  const read = [
    // NZ is asked for again before it ends, and so is there still when CH and IS are.
    [of(0, 'NZ'), of(9, 'NZ'), of(12, 'IS'), of(30, 'PT')],
    [of(1, 'FR'), of(8, 'CH'), of(9.5, 'FR', { id: 'FR too' }), of(13, 'CH', { id: 'CH, r2', rule: other })],
  ];
  const outcomes: unknown[] = [];
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    await pg.database.query('TRUNCATE computed.decision, computed.guard_bite, computed.projection_position');
    offsets.clear();
    for (const partition of order) {
      // In one batch, and record by record.
      if (partition === 0) await apply(0, ...read[0], recorded(13 * MINUTE));
      else for (const record of read[1]) await apply(1, record);
    }
    const rows = await pg.database.query('SELECT rule_id, reason, refused FROM computed.guard_bite ORDER BY minute');
    outcomes.push([await listed(40 * MINUTE, true), rows]);
  }
  expect(outcomes[1]).toEqual(outcomes[0]);
  expect(outcomes[0]).toEqual([
    [
      'PT expired 30-40',
      '192.0.2.7 expired 13-23',
      'CH expired 13-23',
      'IS refused 12-22 many',
      // A value that is blocked already adds nothing, but for CH, which was asked for beyond the limit.
      'FR refused 9.5-19.5 many',
      'CH refused 8-18 many',
      'FR expired 1-11',
      'NZ expired 0-19',
    ],
    [
      { rule_id: 'r1', reason: 'many', refused: 1 },
      { rule_id: 'r1', reason: 'many', refused: 1 },
      { rule_id: 'r1', reason: 'many', refused: 1 },
    ],
  ]);
  // However often a value is asked for, it hides no others.
  const [FR, CH, IS] = ['FR', 'CH', 'IS'].map((value, i) => of(100 + i, value));
  const often = Array.from({ length: 310 }, (_, i) => of(101.5, 'NZ', { id: `NZ ${i}` }));
  for (const records of [[FR, CH], often, [IS]]) await apply(0, ...records);
  expect((await listed(103 * MINUTE, true))[0]).toBe('IS refused 102-112 many');
  // People decide for themselves.
  const store = new DecisionStore(pg.database, clock);
  for (const value of ['NZ', 'CH', 'FR'])
    await store.add({ type: 'ban', scope: 'Country', value, durationMs: MINUTE, reason: 'r' }, 'k');
  expect((await listed(0)).filter((one) => one.endsWith(' 0-1'))).toHaveLength(3);
});

test('people block and lift, with an audit; the memory of who is blocked agrees with the tables', async () => {
  const store = new DecisionStore(pg.database, clock);
  const ledger = new DecisionLedger(pg.database);
  await apply(0, recorded(0), recorded(0, { ip: '192.0.2.8' }));
  const manual = { type: 'ban' as const, scope: 'Ip', value: '203.0.113.1', durationMs: MINUTE, reason: 'seen' };
  const added = await store.add(manual, 'key-1');
  expect(await store.find(String(added.id))).toEqual(added);
  expect(await blocked(ledger, 1)).toEqual(['192.0.2.7', '192.0.2.8', '203.0.113.1']);
  expect(await blocked(ledger, 2 * MINUTE)).toEqual(['192.0.2.7', '192.0.2.8']);
  const { items } = await listDecisions(pg.database, { at: start, values: ['192.0.2.7'], limit: 10 });
  clock.set(start + 3 * MINUTE);
  expect(
    await store.lift(
      items.map(({ decision }) => decision),
      'key-2',
    ),
  ).toBe(1);
  expect(
    await store.lift(
      items.map(({ decision }) => decision),
      'key-3',
    ),
  ).toBe(0);
  expect(await blocked(ledger, 3 * MINUTE)).toEqual(['192.0.2.8']);
  // The episode goes on, and it stays lifted.
  await apply(0, recorded(4 * MINUTE));
  expect(await blocked(ledger, 4 * MINUTE)).toEqual(['192.0.2.8']);
  expect(await listed(4 * MINUTE, true)).toContain('192.0.2.7 lifted 0-14');
  expect(await listed(2 * MINUTE)).toContain('192.0.2.7 active 0-14');
  const audit = await pg.database.query('SELECT actor, action FROM decided.audit_log ORDER BY id');
  expect(audit).toEqual([
    { actor: 'key-1', action: 'decision.created' },
    { actor: 'key-2', action: 'decision.lifted' },
  ]);
});

test('memory is bounded: what there is no room for is counted, and taken up when others have ended', async () => {
  const store = new DecisionStore(pg.database, clock);
  const told: [number, number][] = [];
  const ledger = new DecisionLedger(pg.database, (kept, leftOut) => told.push([kept, leftOut]), 2);
  const add = (value: string, minutes: number) =>
    store.add({ type: 'ban', scope: 'Ip', value, durationMs: minutes * MINUTE, reason: 'r' }, 'k');
  await add('192.0.2.1', 1);
  const second = await add('192.0.2.2', 9);
  await add('192.0.2.3', 9);
  expect(await blocked(ledger, 0)).toEqual(['192.0.2.1', '192.0.2.2']);
  await add('192.0.2.4', 9);
  expect(await blocked(ledger, 0)).toEqual(['192.0.2.1', '192.0.2.2']);
  await blocked(ledger, 2 * MINUTE);
  expect(await blocked(ledger, 2 * MINUTE)).toEqual(['192.0.2.2', '192.0.2.3']);
  await store.lift([second], 'k');
  expect(await blocked(ledger, 2 * MINUTE)).toEqual(['192.0.2.3']);
  expect(told).toEqual([
    [2, 1],
    [2, 2],
    [1, 2],
    [2, 1],
    [2, 1],
  ]);
});

test('who is blocked is found by index among many that are not any more', async () => {
  await pg.database.query(
    `INSERT INTO decided.decision (uuid, id, type, scope, value, starts_at, until, author, reason, change)
     SELECT 'd' || n, n, 'ban', 'Ip', '100.64.' || n / 256 || '.' || n % 256, $1::timestamptz + n * interval '1 s',
       $1::timestamptz + (n + 60) * interval '1 s', 'k', 'r', nextval('decided.blocking_change')
     FROM generate_series(1, 50000) n`,
    [new Date(start)],
  );
  await pg.database.query('ANALYZE decided.decision');
  const plans: string[] = [];
  const query = async (sql: string, given: unknown[]) => {
    const rows = await pg.database.query<Record<string, string>[]>(`EXPLAIN (ANALYZE, BUFFERS) ${sql}`, given);
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'));
    return pg.database.query(sql, given);
  };
  const explained = Object.create(pg.database, { query: { value: query } }) as typeof pg.database;
  for (const seconds of [100, 25_000, 50_030]) {
    plans.length = 0;
    const at = start + seconds * 1_000;
    const page = await listDecisions(explained, { at, limit: 50 });
    const lasting = Math.min(60, seconds - 1, 50_060 - seconds);
    expect(page.items.length).toBe(Math.min(50, lasting));
    const plan = plans.at(-1)!;
    expect(plan).not.toContain('Seq Scan on decision ');
    const [, hit, read = '0'] = /Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?/.exec(plan)!;
    expect(Number(hit ?? 0) + Number(read)).toBeLessThan(400);
  }
});

test('an allowlist lifts while it holds, silences hold back; both by when alerts were recorded', async () => {
  const silences = new SilenceStore(pg.database, clock);
  const ledger = new DecisionLedger(pg.database);
  await apply(0, recorded(0), recorded(0, { ip: '192.0.2.8' }));
  clock.set(start + MINUTE);
  const matchers = { cidr: ['192.0.2.7'] };
  const allowed = await silences.add('allowlist', { matchers, endsAt: null, reason: 'us' }, 'key-1');
  const quiet = await silences.add(
    'silence',
    { matchers: { rule: ['ssh-*'] }, endsAt: start + 3 * MINUTE, reason: 'test' },
    'k',
  );
  expect(await blocked(ledger, MINUTE)).toEqual(['192.0.2.8']);
  expect(await blocked(ledger, MINUTE - 1)).toEqual(['192.0.2.7', '192.0.2.8']);
  await apply(
    0,
    recorded(2 * MINUTE),
    recorded(2 * MINUTE, { id: 'new', ip: '192.0.2.9' }),
    recorded(3 * MINUTE, { ip: '192.0.2.8' }),
  );
  expect(await silences.held([allowed.id, quiet.id])).toEqual(
    new Map([
      [allowed.id, 1],
      [quiet.id, 2],
    ]),
  );
  clock.set(start + 4 * MINUTE);
  await silences.end('allowlist', allowed.id, 'key-2');
  expect(await blocked(ledger, 4 * MINUTE)).toEqual(['192.0.2.7', '192.0.2.8', '192.0.2.9']);
  expect(await listed(3 * MINUTE, true)).toContain('192.0.2.7 allowlisted 0-12');
  expect((await silences.list('allowlist')).items).toEqual([]);
  expect((await silences.list('allowlist', { ended: true })).items).toMatchObject([
    { id: allowed.id, endedBy: 'key-2' },
  ]);
});

test('what a file says begins and ends with it', async () => {
  const silences = new SilenceStore(pg.database, clock);
  const entry = (key: string) => ({
    kind: 'silence' as const,
    key,
    matchers: { rule: [key] },
    endsAt: null,
    reason: 'r',
  });
  expect(await silences.recordFile([entry('a'), entry('b')], 'f.yml')).toBe(2);
  expect(await silences.recordFile([entry('b'), entry('c')], 'f.yml')).toBe(2);
  expect(await silences.recordFile([entry('b'), entry('c')], 'f.yml')).toBe(0);
  expect(await silences.recordFile([entry('a')], 'f.yml')).toBe(3);
  const rules = (found: readonly { matchers: { rule?: readonly string[] } }[]) =>
    found.map(({ matchers }) => matchers.rule![0]).sort();
  expect(rules((await silences.list('silence')).items)).toEqual(['a']);
  const pages: Silence[] = [];
  for (let cursor: string | undefined; ; ) {
    const { items, next } = await silences.list('silence', { ended: true, limit: 3, cursor });
    pages.push(...items);
    if (next === null) break;
    cursor = next;
  }
  expect(rules(pages)).toEqual(['a', 'a', 'b', 'c']);
});

test('pages follow each other without gap or repetition, whatever is filtered out', async () => {
  const store = new DecisionStore(pg.database, clock);
  for (let i = 0; i < 25; i++) {
    const one = await store.add(
      { type: 'ban', scope: 'Ip', value: `192.0.2.${i}`, durationMs: MINUTE, reason: 'r' },
      'k',
    );
    if (i % 3 === 0) await store.lift([one], 'k');
  }
  const silences = new SilenceStore(pg.database, clock);
  await silences.add('allowlist', { matchers: { cidr: ['192.0.2.8/29'] }, endsAt: null, reason: 'us' }, 'k');
  const found: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await listDecisions(pg.database, { at: start + 1, limit: 4, cursor });
    found.push(...page.items.map(({ decision }) => decision.value));
    if (page.next === null) break;
    cursor = page.next;
  }
  const expected = Array.from({ length: 25 }, (_, i) => i).filter((i) => i % 3 !== 0 && (i < 8 || i > 15));
  expect(found.sort()).toEqual(expected.map((i) => `192.0.2.${i}`).sort());
});
