import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import { type DeadLetter, encodeEvent, eventTypeOf, topics } from '#libs/events';
import { type Contest, readContest, readTallies, settleContests } from '#libs/storage';
import { openTestDatabase, type TestDatabase } from '../../../libs/storage/testing/test-database.js';
import { Projecting } from '../testing/projecting.js';

const start = Date.UTC(2026, 0, 1);
const contest: Contest = {
  id: 'best',
  title: 'Best',
  mode: 'approval',
  halfLifeSeconds: 60,
  discountingRules: [],
  narrowing: null,
  closedAt: null,
  change: 1,
  createdAt: start,
};

/** What happens in a contest: `at` in seconds, identities small enough to meet. */
type Happening = { at: number; id: string } & (
  | { type: 'vote'; voter: string; entry: string }
  | { type: 'retract'; voter: string; ref: string }
  | { type: 'contest.entry'; entry: string; state: string }
);

let pg: TestDatabase;
let run: Projecting;

beforeAll(async () => {
  pg = await openTestDatabase();
  await pg.database.query(`INSERT INTO decided.contest VALUES ('best', 'Best', 'approval', 60, '{}', NULL, 1, now())`);
});
afterEach(async () => {
  await run.close();
  expect(run.failures).toEqual([]);
});
afterAll(() => pg.close());

const forget = () =>
  pg.database.query(
    `TRUNCATE computed.contest_vote, computed.contest_entry, computed.retraction, computed.projection_position,
       computed.contest_tally, computed.contest_fading, computed.contest_ballots, computed.contest_stale`,
  );

async function beginRun(): Promise<void> {
  await forget();
  run = await Projecting.open(pg.database, new ManualClock(start));
}

async function append({ at, id, type, ...said }: Happening): Promise<void> {
  const data = dataOf({ at, id, type, ...said } as Happening);
  const time = new Date(start + at * 1_000).toISOString();
  const event = { specversion: '1.0' as const, id, source: '/spec', type, time, data };
  const key = Buffer.from(eventTypeOf(type)!.key(data));
  await run.log.append(type, [{ key, time: Date.parse(time), value: encodeEvent(event) }]);
}

function dataOf(one: Happening): Record<string, unknown> {
  if (one.type === 'vote') return { contest: 'best', voter: one.voter, entry: one.entry };
  if (one.type === 'retract') return { actor: one.voter, ref: { source: '/spec', id: one.ref } };
  return { contest: 'best', entry: one.entry, state: one.state };
}

async function read(asOf: number | null): Promise<{ entries: string[]; votes: Record<string, number> }> {
  const moment = { asOf: asOf === null ? null : start + asOf * 1_000, now: start };
  const { entries, votes } =
    asOf === null
      ? await readTallies(pg.database, contest, start)
      : await readContest(pg.database, contest, moment, false);
  const counts = votes.map(({ choice, votes: n }): [string, number] => ['entry' in choice ? choice.entry : '?', n]);
  return { entries: entries.map(({ entry }) => entry), votes: Object.fromEntries(counts) };
}

/** The recount: by brute force, from what happened. */
function recount(happened: readonly Happening[], asOf: number | null): Awaited<ReturnType<typeof read>> {
  const known = happened.filter(({ at }) => asOf === null || at <= asOf);
  const later = (a: Happening, b: Happening) => a.at - b.at || (a.id < b.id ? -1 : 1);
  const [live, standing] = [new Map<string, Happening>(), new Map<string, string>()];
  for (const one of known.toSorted(later)) {
    if (one.type === 'vote') live.set(one.voter, one);
    if (one.type === 'contest.entry') standing.set(one.entry, one.state);
  }
  const votes: Record<string, number> = {};
  for (const [voter, vote] of live) {
    const isBack = known.some((one) => one.type === 'retract' && one.voter === voter && one.ref === vote.id);
    if (vote.type === 'vote' && !isBack) votes[vote.entry] = (votes[vote.entry] ?? 0) + 1;
  }
  const entries = [...standing].filter(([, state]) => state !== 'withdrawn').map(([entry]) => entry);
  return { entries: entries.sort(), votes };
}

const at = fc.nat(6);
const voter = fc.constantFrom('v1', 'v2', 'v3');
const entry = fc.constantFrom('a', 'b', 'c');
const happening = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('vote' as const), at, voter, entry }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('retract' as const), at, voter, ref: fc.nat(15).map(String) }),
  },
  fc.record({
    type: fc.constant('contest.entry' as const),
    at,
    entry,
    state: fc.constantFrom('in', 'withdrawn'),
  }),
);
const happenings = fc
  .array(happening, { minLength: 1, maxLength: 16 })
  .map((all): Happening[] => all.map((one, i) => ({ ...one, id: String(i) })));

test('the board is a recount at every moment: shuffled, repeated, restarted in between, and rebuilt', async () => {
  await beginRun();
  await run.close();
  await fc.assert(
    fc.asyncProperty(
      happenings.chain((all) =>
        fc.record({
          all: fc.constant(all),
          order: fc.shuffledSubarray([...all.keys(), ...all.keys()], { minLength: all.length * 2 }),
        }),
      ),
      async ({ all, order }) => {
        await beginRun();
        await run.start();
        for (const [n, i] of order.entries()) {
          await append(all[i]);
          if (n !== all.length) continue;
          await run.stop();
          await run.start();
        }
        await run.untilCaughtUp('contests');
        await settleContests(pg.database);
        for (const asOf of [null, 0, 1, 2, 3, 4, 5, 6]) expect(await read(asOf)).toEqual(recount(all, asOf));
        await run.stop();
        await forget();
        await run.start();
        await run.untilCaughtUp('contests');
        for (const asOf of [null, 3]) expect(await read(asOf)).toEqual(recount(all, asOf));
        await run.close();
      },
    ),
    { numRuns: 15, endOnFailure: true },
  );
  await beginRun();
});

test('what no table can hold is put aside, and what follows counts', async () => {
  await beginRun();
  const long = 'x'.repeat(3_000);
  await append({ type: 'vote', at: 1, id: '1', voter: long, entry: 'a' });
  await run.log.append('vote', [{ key: Buffer.from('k'), time: start, value: Buffer.from('{') }]);
  await append({ type: 'vote', at: 1, id: '2', voter: 'v\0', entry: 'a\0' });
  await append({ type: 'vote', at: 1, id: '3', voter: 'v', entry: 'a' });
  await run.start();
  await run.untilCaughtUp('contests');
  expect((await read(null)).votes).toEqual({ a: 1, 'a\uFFFD': 1 });
  const letters = await run.log.read(topics.deadLetters, 0, 0);
  const codes = Array.from({ length: letters.count }, (_, i) => {
    const { code, origin } = JSON.parse(letters.value(i).toString()) as DeadLetter;
    return [code, 'topic' in origin && origin.topic];
  });
  expect(codes.sort()).toEqual([
    ['CONTEST_EVENT_NOT_STORABLE', 'vote'],
    ['EVENT_NOT_JSON', 'vote'],
  ]);
});
