import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import { type DeadLetter, encodeEvent, eventTypeOf, topics } from '#libs/events';
import type { FeedEvent } from '#libs/storage';
import { feedTables, pagesOf } from '../../../libs/storage/testing/feed-events.js';
import { FeedModel } from '../../../libs/storage/testing/feed-model.js';
import { openTestDatabase, type TestDatabase } from '../../../libs/storage/testing/test-database.js';
import { Projecting } from '../testing/projecting.js';

const start = Date.UTC(2026, 0, 1);
const people = ['ann', 'bob', 'carl', 'dora'];
let pg: TestDatabase;
let run: Projecting;

beforeAll(async () => {
  pg = await openTestDatabase();
});
afterEach(async () => {
  await run.close();
  expect(run.failures).toEqual([]);
});
afterAll(() => pg.close());

const forget = () => pg.database.query(`TRUNCATE ${feedTables} RESTART IDENTITY`);

async function beginRun(): Promise<void> {
  await forget();
  run = await Projecting.open(pg.database, new ManualClock(start));
}

const project = () => run.start({ feeds: { pushFollowersMax: 2, inboxItemsMax: 3 } });

async function append({ type, id, source, at, data }: FeedEvent): Promise<void> {
  const event = { specversion: '1.0' as const, id, source, type, time: new Date(at).toISOString(), data };
  const key = Buffer.from(eventTypeOf(type)!.key(data as unknown as Record<string, unknown>));
  await run.log.append(type, [{ key, time: at, value: encodeEvent(event) }]);
}

async function feedOf(user: string) {
  const pages = await pagesOf(pg.database, user, { mode: 'latest', limit: 3 });
  return pages.flat().map(({ visible, place: { at } }) => ({
    object: visible[0].object.id,
    at,
    shares: visible.map(({ id }) => id),
  }));
}

const person = fc.constantFrom(...people);
const object = fc.constantFrom('a', 'b', 'c').map((id) => ({ id }));
const ref = fc.nat(15).map(String);
const data = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('share'),
      actor: person,
      object,
      via: fc.option(ref, { nil: undefined }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('relation'),
      actor: person,
      kind: fc.constantFrom('follow', 'follow', 'mute', 'block'),
      target: person,
      state: fc.constantFrom('on', 'on', 'off'),
    }),
  },
  fc.record({ type: fc.constant('retract'), actor: person, ref: ref.map((id) => ({ source: '/spec', id })) }),
  fc.record({
    type: fc.constant('feedback'),
    actor: person,
    item: fc.constantFrom('a', 'b'),
    kind: fc.constantFrom('hide', 'show'),
  }),
);
const happenings = fc.array(fc.tuple(fc.nat(6), data), { minLength: 1, maxLength: 24 }).map((all) =>
  all.map(([at, { type, ...rest }], i) => {
    return { type, source: '/spec', id: String(i), at: start + at * 1_000, data: rest } as unknown as FeedEvent;
  }),
);

test('feeds follow from the log: shuffled, repeated, restarted in between, and rebuilt', async () => {
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
        await project();
        for (const [n, i] of order.entries()) {
          await append(all[i]);
          if (n !== all.length) continue;
          await run.stop();
          await project();
        }
        await run.untilCaughtUp('feeds');
        const model = new FeedModel(all);
        for (const user of people) expect(await feedOf(user)).toEqual(model.feed(user));
        await run.stop();
        await forget();
        await project();
        await run.untilCaughtUp('feeds');
        for (const user of people) expect(await feedOf(user)).toEqual(model.feed(user));
        await run.close();
      },
    ),
    { numRuns: 15, endOnFailure: true },
  );
  await beginRun();
});

test('what no table can hold is put aside, and what follows counts', async () => {
  await beginRun();
  const share = (id: string, actor: string, objectId: string): FeedEvent => {
    return { type: 'share', source: '/spec', id, at: start, data: { actor, object: { id: objectId } } };
  };
  await append(share('1', 'x'.repeat(3_000), 'a'));
  await run.log.append('share', [{ key: Buffer.from('k'), time: start, value: Buffer.from('{') }]);
  await append(share('2', 'bob\0', 'b\0'));
  const follows = ['bob', 'bob\0'].map((target, i): FeedEvent => {
    const relation = { actor: 'ann', kind: 'follow' as const, target, state: 'on' as const };
    return { type: 'relation', source: '/spec', id: `f${i}`, at: start, data: relation };
  });
  for (const one of follows) await append(one);
  await append(share('3', 'bob', 'a'));
  await project();
  await run.untilCaughtUp('feeds');
  expect((await feedOf('ann')).map(({ object: id }) => id).sort()).toEqual(['a', 'b\uFFFD']);
  const letters = await run.log.read(topics.deadLetters, 0, 0);
  const codes = Array.from({ length: letters.count }, (_, i) => {
    const { code, origin } = JSON.parse(letters.value(i).toString()) as DeadLetter;
    return [code, 'topic' in origin && origin.topic];
  });
  expect(codes.sort()).toEqual([
    ['EVENT_NOT_JSON', 'share'],
    ['FEED_EVENT_NOT_STORABLE', 'share'],
  ]);
});
