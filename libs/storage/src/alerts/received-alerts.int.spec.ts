import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import { receivedPrefix } from '#libs/events';
import { ReceivedAlerts0000000000021 } from '../../../../migrations/0021-received-alerts.js';
import { alertEvent } from '../../testing/alert-event.js';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { applyContests } from '../contests/apply-contests.js';
import { type Contest, ContestStore } from '../contests/contest-store.js';
import { readContest } from '../contests/read-contests.js';
import { readTallies } from '../contests/read-tallies.js';
import { settleContests } from '../contests/settle-contests.js';
import { suspicionsOf } from '../feeds/ranking-facts.js';
import { claimPositions } from '../positions/positions.js';
import { applyAlerts } from './apply-alerts.js';

/** Rules whose alerts are held against the votes and the shares that they name. */
const rule = 'vote-shared-address';
const at = Date.UTC(2026, 0, 1);
const received = `${receivedPrefix}${rule}`;
const clock = new ManualClock(at);

let pg: TestDatabase;
let contest: Contest;
let alerts = 0;

beforeAll(async () => {
  pg = await openTestDatabase();
  const asked = { id: 'songs', title: 'Songs', mode: 'approval', halfLifeSeconds: 3_600, narrowing: null } as const;
  contest = await new ContestStore(pg.database, clock).add({ ...asked, discountingRules: [rule] }, 'ann');
  const reached = { projection: 'contests', topic: 'vote', partition: 0, offset: 0 };
  await claimPositions(pg.database, [reached, { ...reached, projection: 'alerts', topic: 'alert' }]);
  const records = ['v1', 'v2'].map((voter, offset) => {
    const data = { contest: 'songs', voter, ip: `192.0.2.${offset}`, entry: 'a' };
    return { offset, event: { type: 'vote', source: '/s', id: voter, at, data } as const };
  });
  await applyContests(pg.database, [{ reached, records, next: records.length }]);
});
afterAll(() => pg.close());

/** An open alert of a rule of that name. */
async function raise(ruleId: string, group: Record<string, string>): Promise<void> {
  const offset = alerts++;
  const times = { firstSeen: iso(at - 1_000), openedAt: iso(at - 1_000), lastSeen: iso(at) };
  const event = alertEvent({ id: `a${offset}`, group, ...times, position: { partition: 0, offset }, evidence: [] });
  const alert = { ...event, rule: { ...event.rule, id: ruleId, name: rule } };
  const reached = { projection: 'alerts', topic: 'alert', partition: 0, offset };
  await applyAlerts(pg.database, [{ reached, records: [{ offset, alert }], next: offset + 1 }]);
}

const iso = (ms: number) => new Date(ms).toISOString();

/** Votes that count, by tallies and counted anew. */
async function counted(): Promise<number[]> {
  const tallies = await readTallies(pg.database, contest, at);
  const anew = await readContest(pg.database, contest, { asOf: null, now: at }, false);
  return [tallies, anew].map(({ votes }) =>
    votes.filter(({ rules }) => rules === null).reduce((sum, { votes: n }) => sum + n, 0),
  );
}

test('an alert that a sender gave the name of a rule discounts no vote and demotes nobody; one of the rule does', async () => {
  const group = { ip: '192.0.2.0', actor: 'bob' };
  for (const id of [received, `weir-${rule}`]) await raise(id, group);
  await settleContests(pg.database);
  expect(await counted()).toEqual([2, 2]);
  expect(await suspicionsOf(pg.database.manager, ['bob'], [rule])).toEqual(new Map());
  await raise('b7', group);
  await settleContests(pg.database);
  expect(await counted()).toEqual([1, 1]);
  expect((await suspicionsOf(pg.database.manager, ['bob'], [rule])).get('bob')).toEqual([{ rule, alert: 'a2' }]);
});

test('votes that such an alert was held against are judged again by the migration', async () => {
  await raise('b8', { ip: '192.0.2.1' });
  await settleContests(pg.database);
  expect(await counted()).toEqual([0, 0]);
  // As it was stored before.
  await pg.database.query('UPDATE computed.alert SET rule_id = $1 WHERE rule_id = $2', [received, 'b8']);
  const runner = pg.database.createQueryRunner();
  await new ReceivedAlerts0000000000021().up(runner);
  await runner.release();
  await settleContests(pg.database);
  expect(await counted()).toEqual([1, 1]);
});
