import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import type { Judged } from '#libs/ranking';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import { claimPositions } from '../positions/positions.js';
import { applyContests, type ContestEvent } from './apply-contests.js';
import { type Contest, ContestStore } from './contest-store.js';
import { pastVersions } from './read-contests.js';
import { exposures, judgedPairs, lastExposure } from './read-exposures.js';
import { type NewStep, StepStore } from './step-store.js';

const start = Date.UTC(2026, 0, 1);
let pg: TestDatabase;
let offset = 0;
let steps: StepStore;
let contests: ContestStore;

beforeAll(async () => {
  pg = await openTestDatabase();
  // Emptied between tests, which nothing else may do.
  await pg.database.query('ALTER TABLE decided.audit_log DISABLE TRIGGER audit_log_only_grows');
  steps = new StepStore(pg.database);
  contests = new ContestStore(pg.database, new ManualClock(start));
});
afterAll(() => pg.close());
beforeEach(async () => {
  offset = 0;
  await pg.database.query(
    `TRUNCATE computed.contest_vote, computed.contest_entry, computed.retraction, computed.exposure,
       computed.projection_position, decided.contest, decided.contest_step, decided.audit_log, decided.answered_request`,
  );
});

const opened = (): Promise<Contest> =>
  contests.add(
    {
      id: 'best',
      title: 'Best',
      mode: 'pairwise',
      halfLifeSeconds: 60,
      discountingRules: [],
      narrowing: { method: 'halving', confidence: 0.95, deadlines: [start] },
    },
    'k1',
  );
const judged = [{ entry: 'a', stays: false, score: 0.1, low: null, high: 1 / 3 }] as unknown as Judged[];
const step = (round: number, action: NewStep['action'] = 'advance', actor: string | null = 'k1'): NewStep => ({
  round,
  action,
  at: start + round,
  takenAt: start + round + 5,
  actor,
  judged: action === 'freeze' ? [] : judged,
});
const request = { contest: 'best', actor: 'k1' };
const changeOf = async () => (await contests.find('best'))!.change;

test('steps are kept in their order with their numbers; the last that holds is undone, and all of it is noted', async () => {
  expect(await steps.take(request, { change: 1, steps: [] }, start, () => ({ add: [step(1)], undo: false }))).toBe(
    null,
  );
  const contest = await opened();
  expect(contest.narrowing).toEqual({ method: 'halving', confidence: 0.95, deadlines: [start] });
  const take = async (add: NewStep[], undo: boolean) =>
    steps.take(request, { change: await changeOf(), steps: await steps.list('best') }, start + 100, () => ({
      add,
      undo,
    }));
  expect(await take([step(1), step(2, 'deadline', null), step(3, 'freeze')], false)).toMatchObject({ step: 3 });
  expect((await steps.list('best'))[1]).toEqual({
    ...step(2, 'deadline', null),
    step: 2,
    undoneAt: null,
    undoneBy: null,
  });
  expect(await take([], true)).toMatchObject({ step: 3, undoneAt: start + 100, undoneBy: 'k1' });
  expect(await take([], true)).toMatchObject({ step: 2, judged });
  // A step that is added and undone at once is history as well.
  expect(await take([step(2, 'deadline', null)], true)).toMatchObject({ step: 4, undoneAt: start + 100 });
  expect((await steps.list('best')).map(({ undoneAt }) => undoneAt !== null)).toEqual([false, true, true, true]);
  expect(await take([], false)).toBe(null);
  const notes = await pg.database.query<{ actor: string; action: string; facts: { step: number } }[]>(
    `SELECT actor, action, facts FROM decided.audit_log WHERE action LIKE 'contest.round%' ORDER BY id`,
  );
  expect(notes.map(({ actor, action, facts }) => `${actor} ${action.slice(14)} ${facts.step}`)).toEqual([
    'k1 ended 1',
    'weir ended 2',
    'k1 frozen 3',
    'k1 undone 3',
    'k1 undone 2',
    'weir ended 4',
    'k1 undone 4',
  ]);
  // Deadlines that are stored alone are no change: they were so before.
  const before = await changeOf();
  await take([step(2, 'deadline', null)], false);
  expect(await changeOf()).toBe(before);
});

test('a decision that rests on what is not so any more is refused; a request is done once', async () => {
  await opened();
  const seen = { change: 1, steps: [] };
  const add = () => ({ add: [step(1)], undo: false });
  const keyed = (key: string) => ({ ...request, request: { actor: 'k1', key, digest: '', at: new Date(start) } });
  await steps.take(keyed('once'), seen, start, add);
  await expect(steps.take(request, seen, start, add)).rejects.toMatchObject({ code: 'CONTEST_CHANGED' });
  const refused = () => {
    throw new TypeError('not asked');
  };
  await expect(steps.take(keyed('once'), seen, start + 1, refused)).rejects.toMatchObject({ code: 'REQUEST_DONE' });
  const now = { change: 2, steps: await steps.list('best') };
  await expect(steps.take(keyed('other'), now, start, refused)).rejects.toThrow('not asked');
  expect(await steps.list('best')).toHaveLength(1);
});

/** Writes them as if the log had them. */
async function happen(events: readonly ContestEvent[]): Promise<void> {
  const reached = { projection: 'contests', topic: 'vote', partition: 0, offset };
  await claimPositions(pg.database, [reached]);
  const records = events.map((event, i) => ({ offset: offset + i, event }));
  offset += events.length;
  expect(await applyContests(pg.database, [{ reached, records, next: offset }])).toBe(true);
}

test('a past moment has another version exactly when something of its time comes', async () => {
  const contest = await opened();
  const moments = [10, 20, 30].map((second) => start + second);
  let id = 0;
  const at = fc.integer({ min: 0, max: 40 }).map((ms) => start + ms);
  const event = fc.record({ at, kind: fc.constantFrom('vote', 'entry', 'retract', 'elsewhere', 'exposure') });
  await fc.assert(
    fc.asyncProperty(event, async ({ at, kind }) => {
      const before = await pastVersions(pg.database, contest, moments);
      const same = { source: '/spec', id: String(id++), at };
      const vote = (name: string) => ({ contest: name, voter: `v${id}`, winner: 'a', loser: 'b' });
      const events: Record<string, ContestEvent> = {
        vote: { ...same, type: 'vote', data: vote('best') },
        elsewhere: { ...same, type: 'vote', data: vote('other') },
        entry: { ...same, type: 'contest.entry', data: { contest: 'best', entry: 'a' } },
        retract: { ...same, type: 'retract', data: { actor: 'v', ref: { source: '/spec', id: String(id) } } },
        exposure: { ...same, type: 'exposure', data: { contest: 'best', voter: 'v', shown: ['a', 'b'] } },
      };
      await happen([events[kind]]);
      const after = await pastVersions(pg.database, contest, moments);
      const matters = kind !== 'elsewhere' && kind !== 'exposure';
      expect(after.map((version, i) => version !== before[i])).toEqual(moments.map((until) => matters && at <= until));
    }),
    { numRuns: 60 },
  );
});

test('what was shown counts once each; a voter’s last is the last by its time', async () => {
  const shown = (id: string, at: number, voter: string, pair: string): ContestEvent => ({
    source: '/spec',
    id,
    at: start + at,
    type: 'exposure',
    data: { contest: 'best', voter, shown: [...pair] },
  });
  const all = [shown('1', 5, 'ann', 'ab'), shown('2', 9, 'bob', 'ba'), shown('3', 7, 'ann', 'cd')];
  await happen(all.toReversed());
  // Sent again.
  await happen([...all, shown('1', 5, 'ann', 'ab')]);
  const counted = await exposures(pg.database, 'best');
  expect(counted.map(({ shown, times }) => `${shown.join('')} ${times}`).sort()).toEqual(['ab 1', 'ba 1', 'cd 1']);
  expect(await lastExposure(pg.database, 'best', 'ann')).toMatchObject({ id: '3', shown: ['c', 'd'] });
  expect(await lastExposure(pg.database, 'best', 'nobody')).toBe(null);
  const vote = (id: string, at: number, winner: string, loser: string): ContestEvent => ({
    source: '/spec',
    id,
    at: start + at,
    type: 'vote',
    data: { contest: 'best', voter: 'ann', winner, loser },
  });
  await happen([vote('4', 1, 'a', 'b'), vote('5', 2, 'c', 'a'), vote('6', 3, 'a', 'b')]);
  const pairs = await judgedPairs(pg.database, 'best', 'ann');
  expect(pairs.map(({ winner, loser }) => winner + loser).sort()).toEqual(['ab', 'ca']);
});
