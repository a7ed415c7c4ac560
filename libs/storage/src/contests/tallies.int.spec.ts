import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import type { Alert } from '#libs/events';
import { addBallots, type BallotSums, indexOf, noBallots } from '#libs/ranking';
import { alertEvent } from '../../testing/alert-event.js';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { applyAlerts } from '../alerts/apply-alerts.js';
import type { Send } from '../database/pipelined.js';
import { claimPositions, movePositions } from '../positions/positions.js';
import { TriageStore } from '../triage/triage-store.js';
import { applyContests, type ContestEvent } from './apply-contests.js';
import { applyVotes } from './apply-votes.js';
import { type Contest, type ContestChange, ContestStore } from './contest-store.js';
import type { JudgedChoice } from './judged-choices.js';
import { readContest } from './read-contests.js';
import { type Counted, readTallies } from './read-tallies.js';
import { settleContests } from './settle-contests.js';

const begun = Date.UTC(2026, 0, 1);
const clock = new ManualClock(begun);
const rules = ['vote-ring', 'vote-burst'];
/** A trending contest is set up after its first votes, the others before. */
const contests = [
  { id: 'yes', mode: 'approval' },
  { id: 'duels', mode: 'pairwise' },
  { id: 'orders', mode: 'ballot' },
  { id: 'hot', mode: 'trending' },
] as const;

let pg: TestDatabase;
let store: ContestStore;
let triage: TriageStore;
/** The log: by topic, what was recorded. */
let recorded: Map<string, (ContestEvent | Alert)[]>;

beforeAll(async () => {
  pg = await openTestDatabase();
  store = new ContestStore(pg.database, clock);
  triage = new TriageStore(pg.database, clock);
});
afterAll(() => pg.close());
beforeEach(forget);

async function forget(): Promise<void> {
  recorded = new Map();
  await pg.database.query(
    `TRUNCATE computed.contest_vote, computed.contest_entry, computed.retraction, computed.contest_tally, computed.contest_fading,
       computed.contest_ballots, computed.contest_stale, computed.contest_suspect, computed.projection_position,
       computed.alert, computed.alert_evidence, decided.contest, decided.triage`,
  );
}

const position = (topic: string, offset: number) => ({
  projection: topic === 'alert' ? 'alerts' : 'contests',
  topic,
  partition: 0,
  offset,
});

/** Records it and projects what was recorded from an offset on: from the last is new, from before is read again. */
async function record(topic: string, given: readonly (ContestEvent | Alert)[], from: number): Promise<void> {
  const log = recorded.get(topic) ?? [];
  recorded.set(topic, log);
  const again = Math.max(0, log.length - from);
  log.push(...given);
  await claimPositions(pg.database, [position(topic, 0)]);
  await movePositions(pg.database.manager, [position(topic, again)]);
  const progress = { reached: position(topic, again), next: log.length };
  const some = log.slice(again);
  if (topic === 'alert') {
    const records = some.map((alert, i) => ({ offset: again + i, alert: alert as Alert }));
    await applyAlerts(pg.database, [{ ...progress, records }]);
  } else {
    const records = some.map((event, i) => ({ offset: again + i, event: event as ContestEvent }));
    await applyContests(pg.database, [{ ...progress, records }]);
  }
}

const entry = fc.constantFrom('a', 'b', 'c', 'd');
const voter = fc.constantFrom('v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'B\uFFFD', '\u{1F600}');
/** Of three networks: one is IPv4, also written as IPv6; two are IPv6, of which one is written in two ways. */
const ip = fc.constantFrom(
  ...['192.0.2.1', '192.0.2.2', '::ffff:192.0.2.3', '2001:db8:0:1::7', '2001:DB8:0:1:0::8', 'fe80::1%eth0'],
  undefined,
);
const network = fc.constantFrom('192.0.2.0/24', '2001:db8:0:1::/64', 'fe80::/64');
const accountCreatedOn = fc.constantFrom('2026-01-01', '0000-01-01', undefined);
const at = fc.nat(9).map((n) => begun + n * 500);
const id = fc.constantFrom(...'0123456789');
const contest = fc.constantFrom('yes', 'duels', 'orders', 'hot');
const choice = fc.oneof(
  fc.record({ entry, value: fc.constantFrom(1, 2.5, -1, 0, undefined) }),
  fc.tuple(entry, entry).map(([winner, loser]) => ({ winner, loser })),
  fc.record({ ranking: fc.array(entry, { minLength: 1, maxLength: 5 }) }),
);
const fits = { yes: 'entry', hot: 'entry', duels: 'winner', orders: 'ranking' } as const;

type Step =
  | { kind: 'events'; topic: string; events: ContestEvent[]; again: number }
  | { kind: 'alert'; alert: Alert; again: number }
  | { kind: 'verdict'; alert: string; verdict: 'true-positive' | 'false-positive' }
  | { kind: 'change'; id: string; change: ContestChange }
  | { kind: 'settle' };

const vote = fc
  .record({
    source: fc.constantFrom('/s', '/\u{1F600}', '/\uFFFD'),
    id,
    at,
    contest,
    voter,
    ip,
    accountCreatedOn,
    choice,
  })
  // Most votes are of the contest's kind.
  .filter(({ contest: name, choice: said }) => fits[name as keyof typeof fits] in said || voterIsOdd(name))
  .map(({ contest: name, voter: who, ip: address, accountCreatedOn: day, choice: said, ...head }) => {
    const data = { contest: name, voter: who, ip: address, accountCreatedOn: day, ...said };
    return { ...head, type: 'vote', data } as ContestEvent;
  });
const voterIsOdd = (name: string) => name === 'yes';
const retraction = fc
  .record({ id, at, voter, ref: fc.record({ source: fc.constantFrom('/s', '/\uFFFD'), id }) })
  .map(({ voter: actor, ref, ...head }): ContestEvent => {
    return { ...head, source: '/r', type: 'retract', data: { actor, ref } };
  });
const said = fc
  .record({ id, at, contest, entry, state: fc.constantFrom('in', 'in', 'withdrawn') })
  .map(({ contest: name, entry: what, state, ...head }): ContestEvent => {
    return { ...head, source: '/e', type: 'contest.entry', data: { contest: name, entry: what, state } };
  });
/** Field by field, so that of every two of them some alert names both, and an address may be none. */
const some = <T>(of: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: of });
const group = fc
  .record({
    ...{ contest: some(contest), entry: some(entry), voter: some(voter) },
    ip: some(fc.constantFrom('192.0.2.1', '::ffff:192.0.2.3', 'none')),
    ...{ $network: some(network), accountCreatedOn: some(fc.constantFrom('2026-01-01', '0000-01-01')) },
  })
  .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));
const groups = fc.array(group, { minLength: 5, maxLength: 5 });
const iso = (ms: number) => new Date(ms).toISOString();
const alertStep = fc
  .record({
    n: fc.nat(4),
    rule: fc.constantFrom(...rules, 'other'),
    times: fc.tuple(at, at, at).map((all) => all.toSorted((a, b) => a - b)),
    state: fc.constantFrom('open', 'open', 'closed', 'merged'),
    shadow: fc.constantFrom(false, false, false, true),
    again: fc.nat(3),
  })
  .map(({ n, rule, times, state, shadow, again }) => ({
    kind: 'alert' as const,
    n,
    rule,
    times,
    state,
    shadow,
    again,
  }));

const events = (topic: string, event: fc.Arbitrary<ContestEvent>, most: number) =>
  fc.record({
    kind: fc.constant('events' as const),
    topic: fc.constant(topic),
    events: fc.array(event, { minLength: 1, maxLength: most }),
    again: fc.nat(8),
  });
const decision = fc.oneof(
  fc.record({
    kind: fc.constant('verdict' as const),
    alert: fc.nat(4).map((n) => `a${n}`),
    verdict: fc.constantFrom('true-positive' as const, 'false-positive' as const),
  }),
  fc.record({
    kind: fc.constant('change' as const),
    id: contest,
    change: fc.oneof(
      fc.record({ state: fc.constantFrom('open' as const, 'closed' as const) }),
      fc.record({ halfLifeSeconds: fc.constantFrom(60, 3_600, 7_200) }),
      fc.record({ discountingRules: fc.subarray([...rules]) }),
    ),
  }),
);
const step = fc.oneof(
  { weight: 6, arbitrary: events('vote', vote, 8) },
  { weight: 2, arbitrary: events('retract', retraction, 5) },
  { weight: 2, arbitrary: events('contest.entry', said, 4) },
  { weight: 4, arbitrary: alertStep },
  { weight: 4, arbitrary: decision },
  { weight: 2, arbitrary: fc.constant({ kind: 'settle' as const }) },
);

async function take(one: Step): Promise<void> {
  if (one.kind === 'events') await record(one.topic, one.events, one.again);
  else if (one.kind === 'alert') await record('alert', [one.alert], one.again);
  else if (one.kind === 'change') await store.change(one.id, one.change, 'ann');
  else if (one.kind === 'settle') await settleContests(pg.database, 3);
  else await triage.take(one.alert, { verdict: one.verdict }, 'ann', null).catch(ignoreMerged);
}

function ignoreMerged(error: { code?: string }): void {
  if (error.code !== 'ALERT_MERGED') throw error;
}

/** Ballots as what they add up to, by the rules that they are discounted for; all else as it is. */
function summed({ entries, votes }: Counted): unknown {
  const names = entries.map((one) => one.entry);
  const sums = new Map<string, BallotSums>();
  for (const { choice: given, votes: n, rules: why } of votes) {
    const key = JSON.stringify(why);
    const known = sums.get(key) ?? noBallots(names);
    if ('ballots' in given) sums.set(key, added(known, given.ballots));
    else if ('ranking' in given) {
      addBallots(known, indexOf(known.entries), given.ranking, n);
      sums.set(key, known);
    }
  }
  const others = new Map<string, JudgedChoice>();
  for (const one of votes.filter(({ choice: given }) => !('ranking' in given || 'ballots' in given))) {
    const key = JSON.stringify([one.choice, one.rules]);
    const known = others.get(key) ?? { ...one, votes: 0, weight: 0, squares: 0 };
    const parts = { votes: known.votes + one.votes, weight: known.weight + one.weight };
    others.set(key, { ...known, ...parts, squares: known.squares + one.squares });
  }
  const isSome = ([, { ballots }]: [string, BallotSums]) => ballots > 0;
  return { entries, others: Object.fromEntries(others), ballots: Object.fromEntries([...sums].filter(isSome)) };
}

function added(a: BallotSums, b: BallotSums): BallotSums {
  expect(b.entries).toEqual(a.entries);
  const sum = (x: number[], y: number[]) => x.map((one, i) => one + y[i]);
  return {
    entries: a.entries,
    ballots: a.ballots + b.ballots,
    ranked: sum(a.ranked, b.ranked),
    points: sum(a.points, b.points),
    squares: sum(a.squares, b.squares),
    before: sum(a.before, b.before),
  };
}

async function expectRecount(): Promise<void> {
  for (const { id: name } of contests) {
    const one = (await store.find(name)) as Contest;
    const now = begun + 7_300;
    const counted = await readContest(pg.database, one, { asOf: null, now }, false);
    expect(summed(await readTallies(pg.database, one, now))).toEqual(summed(counted));
  }
}

test('tallies are the recount after any history, and at any moment of it', async () => {
  await fc.assert(
    fc.asyncProperty(groups, fc.array(step, { minLength: 4, maxLength: 30 }), async (named, steps) => {
      await forget();
      for (const { id: name, mode } of contests.filter(({ id: one }) => one !== 'hot'))
        await store.add(
          { id: name, title: name, mode, halfLifeSeconds: 60, discountingRules: rules, narrowing: null },
          'ann',
        );
      for (const [n, one] of steps.entries()) {
        clock.set(begun + (n % 10) * 500);
        if (n === 3)
          await store.add(
            {
              id: 'hot',
              title: 'hot',
              mode: 'trending',
              halfLifeSeconds: 60,
              discountingRules: rules,
              narrowing: null,
            },
            'ann',
          );
        await take(one.kind === 'alert' ? { ...one, alert: revision(one, named[one.n], n) } : one);
        if (n % 5 === 4) await expectRecount();
      }
      await expectRecount();
      await settleContests(pg.database);
      expect(await pg.database.query('SELECT * FROM computed.contest_stale')).toEqual([]);
      await expectRecount();
      // Read from the start again, into empty tables.
      const log = recorded;
      await pg.database.query(
        `TRUNCATE computed.contest_vote, computed.contest_entry, computed.retraction, computed.contest_tally,
           computed.contest_fading, computed.contest_ballots, computed.contest_stale, computed.projection_position`,
      );
      recorded = new Map();
      for (const topic of ['retract', 'vote', 'contest.entry']) await record(topic, log.get(topic) ?? [], 0);
      await settleContests(pg.database);
      await expectRecount();
    }),
    { numRuns: 40, endOnFailure: true },
  );
}, 600_000);

test('votes, retractions, entries, alerts and what people decide, all at the same time', async () => {
  const streams = fc.record({
    votes: fc.array(events('vote', vote, 12), { minLength: 3, maxLength: 8 }),
    retractions: fc.array(events('retract', retraction, 8), { maxLength: 6 }),
    entries: fc.array(events('contest.entry', said, 4), { maxLength: 4 }),
    alerts: fc.array(alertStep, { maxLength: 8 }),
    decisions: fc.array(decision, { maxLength: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(groups, streams, async (named, { votes, retractions, entries, alerts, decisions }) => {
      await forget();
      for (const { id: name, mode } of contests)
        await store.add(
          { id: name, title: name, mode, halfLifeSeconds: 60, discountingRules: rules, narrowing: null },
          'ann',
        );
      const revisions = alerts.map((one, n) => ({ ...one, alert: revision(one, named[one.n], n) }));
      const settle = Array.from({ length: 4 }, () => ({ kind: 'settle' as const }));
      const all: Step[][] = [votes, retractions, entries, revisions, decisions, settle, settle];
      await Promise.all(all.map(inOrder));
      await expectRecount();
      await settleContests(pg.database);
      await expectRecount();
    }),
    { numRuns: 25, endOnFailure: true },
  );
}, 600_000);

test('a retraction waits for votes that are just being written', async () => {
  await forget();
  await store.add(
    { id: 'yes', title: 'yes', mode: 'approval', halfLifeSeconds: 60, discountingRules: rules, narrowing: null },
    'ann',
  );
  const head = { contest: 'yes', voter: 'v1', at: begun, source: '/s', id: '1', ip: null, accountCreatedOn: null };
  const writing = pg.database.createQueryRunner();
  await writing.startTransaction();
  const sent: Promise<unknown>[] = [];
  const send: Send = (sql, parameters) => sent.push(writing.manager.query(sql, parameters as unknown[]));
  await applyVotes(writing.manager, [{ ...head, choice: { entry: 'a', value: 1 }, live: false, rules: null }], send);
  await Promise.all(sent);
  const data = { actor: 'v1', ref: { source: '/s', id: '1' } };
  const taken = record('retract', [{ type: 'retract', source: '/r', id: '1', at: begun, data }], 0);
  const waiting = `SELECT count(*)::integer AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`;
  await expect.poll(async () => (await pg.database.query(waiting))[0].n).toBe(1);
  await writing.commitTransaction();
  await writing.release();
  await taken;
  expect((await readTallies(pg.database, (await store.find('yes'))!, begun)).votes).toEqual([]);
});

async function inOrder(steps: readonly Step[]): Promise<void> {
  for (const one of steps) await take(one);
}

function revision(
  { n, rule, times, state, shadow }: { n: number; rule: string; times: number[]; state: string; shadow: boolean },
  about: object,
  offset: number,
): Alert {
  const event = alertEvent({
    id: `a${n}`,
    group: { ...about },
    state: state as Alert['state'],
    mergedInto: state === 'merged' ? `a${(n + 1) % 5}` : null,
    firstSeen: iso(times[0]),
    openedAt: iso(times[1]),
    lastSeen: iso(times[2]),
    closedAt: state === 'closed' ? iso(times[2]) : null,
    shadow,
    position: { partition: 0, offset },
    evidence: [],
  });
  return { ...event, rule: { ...event.rule, name: rule } };
}
