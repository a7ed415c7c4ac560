import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import { type Alert, encodeEvent, eventTypeOf, topics } from '#libs/events';
import { parseNetwork } from '#libs/silencing';
import {
  DecisionStore,
  type ProjectionName,
  projectionPositions,
  projections,
  rebuild,
  SilenceStore,
  TriageStore,
} from '#libs/storage';
import { alertEvent } from '../../../libs/storage/testing/alert-event.js';
import { openTestDatabase, type TestDatabase } from '../../../libs/storage/testing/test-database.js';
import { Projecting } from '../testing/projecting.js';

const start = Date.UTC(2026, 0, 1);
const clock = new ManualClock(start);
const names = projections.map(({ name }) => name);
let pg: TestDatabase;
let run: Projecting;

beforeAll(async () => {
  pg = await openTestDatabase();
  run = await Projecting.open(pg.database, clock);
  const guard = { ownNetworks: [parseNetwork('10.0.0.0/8')!], perMinuteMax: 5, beyondAddressesMax: 10 };
  await run.start({ guard, feeds: { pushFollowersMax: 1, inboxItemsMax: 10 } });
});
afterAll(async () => {
  await run.close();
  await pg.close();
});

const iso = (ms: number): string => new Date(ms).toISOString();

/** The guard may still be writing: what it refused are alerts, too. */
const hasCaughtUp = async () => (await run.hasCaughtUp()) && (await isSettled());

/** Votes, where there are any, are judged by all that alerts say, and no contest waits to be counted anew. */
async function isSettled(): Promise<boolean> {
  const [{ settled }] = await pg.database.query<{ settled: boolean }[]>(
    `SELECT NOT EXISTS (SELECT FROM computed.contest_stale) AND (
       NOT EXISTS (SELECT FROM computed.contest_vote) OR coalesce((SELECT max(change) FROM computed.alert), 0) <
         (SELECT "offset" FROM computed.projection_position WHERE projection = 'contest-judgement')) AS settled`,
  );
  return settled;
}
const untilCaughtUp = () => expect.poll(hasCaughtUp).toBe(true);

/** Numbers of changes go on, so that nobody who follows them misses what was computed again. Those of people follow the order of arrival. */
const mayDiffer: Readonly<Record<string, string[]>> = {
  alert: ['change'],
  decision: ['change'],
  feed_user: ['id'],
  relation: ['actor', 'target', 'turn'],
  share: ['author', 'turn'],
  feed_turn: ['turn', 'generation'],
  feed_pulled: ['author'],
  feed_inbox: ['user_id', 'author'],
  feed_feedback: ['user_id', 'sharer'],
};
/** What was added up and taken away again remains as nothing, until it is computed again: sums of joined incidents, tallies of votes. */
const isNothing = ({ alerts, votes, squares, sums }: Record<string, unknown>): boolean =>
  [alerts, votes, squares, (sums as { ballots: number } | undefined)?.ballots].includes(0);
/** Empty as soon as all is counted. */
const emptied = ['contest_stale'];

async function computed(): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {};
  for (const table of projections.flatMap((projection) => projection.tables)) {
    const rows = await pg.database.query<{ row: Record<string, unknown> }[]>(
      `SELECT to_jsonb(t) - $1::text[] AS row FROM computed.${table} t ORDER BY 1`,
      [mayDiffer[table] ?? []],
    );
    found[table] = rows.map(({ row }) => row).filter((row) => !isNothing(row));
  }
  return found;
}

/** What people decided, and what was sent: all of it. */
async function theirs(): Promise<Record<string, unknown>> {
  const tables = await pg.database.query<{ name: string }[]>(
    `SELECT table_schema || '.' || table_name AS name FROM information_schema.tables
     WHERE table_schema IN ('decided', 'sent') AND table_name <> 'audit_log' ORDER BY 1`,
  );
  const found: Record<string, unknown> = {};
  for (const { name } of tables)
    found[name] = await pg.database.query(`SELECT to_jsonb(t) AS row FROM ${name} t ORDER BY 1`);
  return found;
}

async function appendAlerts(partition: number, alerts: readonly Alert[]): Promise<void> {
  const records = alerts.map((data) => {
    const event = { specversion: '1.0', id: 'x', source: '/weir/detect', type: 'alert', time: data.lastSeen, data };
    return { partition, time: clock.now(), value: Buffer.from(JSON.stringify(event)) };
  });
  await run.log.append(topics.alert, records);
}

async function appendEvents(type: string, all: readonly Record<string, unknown>[]): Promise<void> {
  const records = all.map((data, i) => {
    const event = { specversion: '1.0' as const, id: `${type}${i}`, source: '/spec', type, time: iso(start + i), data };
    return { key: Buffer.from(eventTypeOf(type)!.key(data)), time: start + i, value: encodeEvent(event) };
  });
  await run.log.append(type, records);
}

const ballots = Array.from({ length: 9 }, (_, i) => ({
  ...{ contest: 'b', voter: `v${i}`, ranking: i % 2 ? ['e0', 'e1'] : ['e1', 'e0'] },
  ...(i % 3 === 0 && { accountCreatedOn: '2025-12-31', ip: '::ffff:198.51.100.9' }),
}));
/** Against some of the ballots. */
const votesAlert = alertEvent({
  ...{ id: 'votes', firstSeen: iso(start), openedAt: iso(start), lastSeen: iso(start) },
  group: { $network: '198.51.100.0/24', accountCreatedOn: '2025-12-31' },
  position: { partition: 0, offset: 1_000 },
});

const ban = { type: 'ban' as const, duration: '4h', durationMs: 14_400_000, scope: 'Ip' };

/** Alerts of twelve addresses: opened, revised, closed, and some of them joined to one that opened before. */
async function alertsOver(round: number): Promise<void> {
  for (let n = 0; n < 12; n++) {
    const at = start + round * 30_000 + n * 1_000;
    clock.set(at);
    const ip = n % 4 === 0 ? `10.0.0.${n}` : `192.0.2.${n}`;
    const times = { firstSeen: iso(at), openedAt: iso(at), lastSeen: iso(at + round) };
    const of = (id: string, offset: number, changes: Partial<Alert> = {}): Alert =>
      alertEvent({ ...times, id, group: { ip }, decision: ban, position: { partition: 0, offset }, ...changes });
    const offset = round * 10;
    const id = `alert ${n} ${round - (round % 2)}`;
    const evidence = [{ topic: 'login', partition: 0, offset, time: iso(at), event: { id: `e${n}` } }];
    await appendAlerts(n % 3, [
      of(id, offset, { evidence, shadow: n === 5, retro: n === 6 }),
      of(id, offset + 1, {
        events: 9,
        evidence: [{ ...evidence[0], event: undefined }],
        shadow: n === 5,
        retro: n === 6,
      }),
      ...(round === 3 && n % 2 === 1
        ? [of(id, offset + 2, { state: 'merged', mergedInto: `alert ${n} 0`, closedAt: iso(at) })]
        : []),
    ]);
  }
}

/** From the first record that the log has, or from behind its last, as where retention took all of them. */
async function begin(wanted: readonly ProjectionName[], from: 'earliest' | 'next' = 'earliest'): Promise<void> {
  const ours: { projection: ProjectionName; topic: string; partition: number; offset: number }[] = [];
  for (const { name: projection, topics: of } of projections.filter(({ name }) => wanted.includes(name))) {
    for (const topic of of) {
      const { partitions } = await run.log.describe(topic);
      ours.push(...partitions.map((one) => ({ projection, topic, partition: one.partition, offset: one[from] })));
    }
  }
  const request = { names: wanted, starts: ours, actor: 'kim', at: new Date(clock.now()), answer: {} };
  await rebuild(pg.database, request);
}

test('every table is as it was, row by row; what people decided stays, and holds of what is computed again', async () => {
  const silences = new SilenceStore(pg.database, clock);
  const reason = 'r';
  await silences.add('silence', { matchers: { group: { ip: ['192.0.2.1'] } }, endsAt: start + 600_000, reason }, 'kim');
  const triage = new TriageStore(pg.database, clock);
  await alertsOver(0);
  await alertsOver(1);
  await untilCaughtUp();
  await triage.takeEach(
    { ids: ['alert 1 0', 'alert 2 0'] },
    { status: 'acknowledged', owner: 'kim', note: 'n' },
    'kim',
  );
  await triage.takeEach({ ids: ['alert 3 0'] }, { verdict: 'false-positive' }, 'kim');
  await alertsOver(2);
  await untilCaughtUp();
  await triage.takeEach({ ids: ['alert 1 2', 'alert 9 2'] }, { status: 'closed', reason, note: 'm' }, 'kim');
  await alertsOver(3);
  await appendEvents(
    'vote',
    Array.from({ length: 50 }, (_, i) => ({ contest: 'c', voter: `v${i % 40}`, entry: `e${i % 3}`, ip: '192.0.2.1' })),
  );
  await appendAlerts(0, [votesAlert]);
  await appendEvents('contest.entry', [
    { contest: 'c', entry: 'e0', title: 'E' },
    { contest: 'c', entry: 'e1' },
    { contest: 'b', entry: 'e0' },
    { contest: 'b', entry: 'e1' },
  ]);
  await appendEvents('vote', ballots);
  await appendEvents('exposure', [{ contest: 'c', voter: 'v1', shown: ['e0', 'e1'] }]);
  await appendEvents('retract', [{ actor: 'v7', ref: { source: '/spec', id: 'vote7' } }]);
  const follow = { kind: 'follow', state: 'on' };
  await appendEvents('relation', [
    { actor: 'ann', target: 'star', ...follow },
    { actor: 'bob', target: 'star', ...follow },
    { actor: 'ann', target: 'bob', ...follow },
  ]);
  await appendEvents('share', [{ actor: 'bob', object: { id: 'o' } }]);
  await appendEvents('feedback', [{ actor: 'ann', item: 'o', kind: 'seen', sharer: 'bob' }]);
  await untilCaughtUp();
  await triage.takeEach({ ids: ['alert 4 2'] }, { note: 'after' }, 'kim');
  const decisions = new DecisionStore(pg.database, clock);
  const [{ uuid }] = await pg.database.query<{ uuid: string }[]>(
    'SELECT uuid FROM computed.decision WHERE guard IS NULL ORDER BY uuid LIMIT 1',
  );
  expect(await decisions.lift([(await decisions.find(uuid))!], 'kim')).toBe(1);

  const before = [await computed(), await theirs()];
  for (const [table, rows] of Object.entries(before[0]))
    if (!emptied.includes(table)) expect(rows, table).not.toEqual([]);
  expect(before[0].contest_vote).toContainEqual(expect.objectContaining({ live: true, rules: [votesAlert.rule.name] }));
  expect(before[0].alert).toContainEqual(expect.objectContaining({ state: 'merged' }));
  // Nothing comes in, and nobody is started anew: that the tables are empty is noticed.
  await begin(names);
  await expect.poll(hasCaughtUp).toBe(true);
  expect([await computed(), await theirs()]).toEqual(before);
  expect(run.failures).toEqual([]);
});

test('one alone leaves the others as they are; those who read meanwhile see what is there', async () => {
  const positions = async () =>
    (await projectionPositions(pg.database)).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const before = [await computed(), await positions()];
  const contests = new Set<string>(projections.find(({ name }) => name === 'contests')!.tables);
  const reader = pg.database.createQueryRunner();
  await reader.startTransaction('REPEATABLE READ');
  const counted = await reader.query('SELECT count(*) FROM computed.contest_vote');
  let isDone = false;
  const begun = begin(['contests']).then(() => {
    isDone = true;
  });
  // It waits for whoever reads, and nobody waits for it.
  for (let i = 0; i < 20; i++)
    expect(await pg.database.query('SELECT count(*), pg_sleep(0.01)::text FROM computed.contest_vote')).toMatchObject(
      counted,
    );
  expect(isDone).toBe(false);
  await reader.commitTransaction();
  await reader.release();
  await begun;
  for (const [table, rows] of Object.entries(await computed()))
    if (!contests.has(table)) expect(rows).toEqual((before[0] as Record<string, unknown[]>)[table]);
  await untilCaughtUp();
  expect([await computed(), await positions()]).toEqual(before);
  const noted = await pg.database.query(
    `SELECT actor, action, subject FROM decided.audit_log WHERE action = 'projections.rebuilt' ORDER BY id`,
  );
  expect(noted).toEqual([
    { actor: 'kim', action: 'projections.rebuilt', subject: 'alerts decisions contests feeds' },
    { actor: 'kim', action: 'projections.rebuilt', subject: 'contests' },
  ]);
});

test('what comes while it is computed again is counted, too, and once', async () => {
  const [{ rows: before }] = await pg.database.query<{ rows: number }[]>(
    'SELECT count(*)::integer AS rows FROM computed.contest_vote',
  );
  for (let round = 0; round < 8; round++) {
    const votes = Array.from({ length: 200 }, (_, i) => ({ contest: `live ${round}`, voter: `v${i}`, entry: 'e' }));
    await Promise.all([begin(['contests']), appendEvents('vote', votes)]);
  }
  await untilCaughtUp();
  const counted = await pg.database.query<{ contest: string; rows: number }[]>(
    `SELECT contest, count(*)::integer AS rows FROM computed.contest_vote
     WHERE contest LIKE 'live %' GROUP BY contest ORDER BY contest`,
  );
  expect(counted).toEqual(Array.from({ length: 8 }, (_, round) => ({ contest: `live ${round}`, rows: 200 })));
  const [{ rows }] = await pg.database.query<{ rows: number }[]>(
    'SELECT count(*)::integer AS rows FROM computed.contest_vote',
  );
  expect(rows).toBe(before + 8 * 200);
  expect(run.failures).toEqual([]);
});

test('of alerts alone, what they say of votes comes back with them, and goes with them where they don’t', async () => {
  const judged = () =>
    computed().then(({ contest_vote, contest_tally, contest_suspect }) => {
      return { contest_vote, contest_tally, contest_suspect };
    });
  const before = await judged();
  expect(before.contest_vote).toContainEqual(expect.objectContaining({ rules: [expect.any(String)] }));
  await begin(['alerts']);
  await untilCaughtUp();
  expect(await judged()).toEqual(before);
  await begin(['alerts'], 'next');
  const suspects = async () => (await judged()).contest_suspect;
  await expect.poll(suspects).toEqual([]);
  for (const table of [(await judged()).contest_vote, (await judged()).contest_tally])
    expect(table).not.toContainEqual(expect.objectContaining({ rules: [expect.any(String)] }));
});
