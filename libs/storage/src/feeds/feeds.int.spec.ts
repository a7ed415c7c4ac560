import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Interaction, Item } from '#libs/feed';
import { FeedEvents, feedTables, pagesOf } from '../../testing/feed-events.js';
import type { Audience } from '../../testing/feed-model.js';
import { FeedModel } from '../../testing/feed-model.js';
import { openTestDatabase, type TestDatabase } from '../../testing/test-database.js';
import type { FeedEvent } from './apply-feeds.js';
import { FeedReader, feedTurn } from './feed-reader.js';
import { interactionsOf } from './ranking-facts.js';
import { rebuildInbox } from './rebuild-inbox.js';

const start = Date.UTC(2026, 0, 1);
const people = ['u', 'v', 'w', 'x', 'y'];

let pg: TestDatabase;
beforeAll(async () => {
  pg = await openTestDatabase();
});
beforeEach(() => pg.database.query(`TRUNCATE ${feedTables} RESTART IDENTITY`));
afterAll(() => pg.close());

const happened = (type: FeedEvent['type'], at: number, data: object) =>
  ({ type, at, source: '/s', id: '', data }) as FeedEvent;
const at = fc.nat(8).map((seconds) => start + seconds * 1_000);
const person = fc.constantFrom(...people);
const audience: fc.Arbitrary<Audience> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(undefined) },
  fc.constantFrom<Audience>('public', 'followers', 'mutual', 'u', [], ['v', 'w']),
);
const ref = fc.nat(40).map(String);
const event: fc.Arbitrary<FeedEvent> = fc.oneof(
  {
    weight: 7,
    arbitrary: fc
      .record({
        at,
        actor: person,
        object: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
        via: fc.option(ref, { nil: undefined }),
        audience,
      })
      .map(({ at, object, ...rest }) => happened('share', at, { ...rest, object: { id: object } })),
  },
  {
    weight: 8,
    arbitrary: fc
      .record({
        at,
        actor: person,
        target: person,
        kind: fc.constantFrom('follow', 'follow', 'follow', 'mute', 'block'),
        state: fc.constantFrom('on', 'on', 'off'),
      })
      .map(({ at, ...data }) => happened('relation', at, data)),
  },
  fc
    .record({ at, actor: person, id: ref })
    .map(({ at, actor, id }) => happened('retract', at, { actor, ref: { source: '/s', id } })),
  fc
    .record({ at, actor: person, item: fc.constantFrom('a', 'b', 'c'), kind: fc.constantFrom('hide', 'show', 'seen') })
    .map(({ at, ...data }) => happened('feedback', at, data)),
);
/** Ids are places in the list, so that what re-shares and takes back often meets something; `u` follows some from the start. */
const eventsOf = (minLength: number, maxLength: number) =>
  fc.array(event, { minLength, maxLength }).map((all) => {
    const follows = ['v', 'w', 'x'].map((target) =>
      happened('relation', start, { actor: 'u', kind: 'follow', target, state: 'on' }),
    );
    return [...follows, ...all].map((one, i) => ({ ...one, id: String(i) }));
  });

/** The same events in some order, each at least once, cut into batches. */
const told = eventsOf(1, 40).chain((all) =>
  fc.record({
    all: fc.constant(all),
    order: fc.shuffledSubarray([...all.keys(), ...all.keys()], { minLength: all.length * 2 }),
    batch: fc.integer({ min: 1, max: 12 }),
    options: fc.record({
      pushFollowersMax: fc.constantFrom(0, 1, 2, 3, 30_000),
      inboxItemsMax: fc.constantFrom(1, 2, 4, 6, 30_000),
    }),
    limit: fc.integer({ min: 1, max: 4 }),
  }),
);

test('feeds are what a model makes of the events, whatever order they come in, and after a rebuild', async () => {
  await fc.assert(
    fc.asyncProperty(told, async ({ all, order, batch, options, limit }) => {
      await pg.database.query(`TRUNCATE ${feedTables} RESTART IDENTITY`);
      const projection = new FeedEvents(pg.database, options);
      for (let i = 0; i < order.length; i += batch)
        await projection.apply(order.slice(i, i + batch).map((n) => all[n]));
      const model = new FeedModel(all);
      for (const round of [1, 2]) {
        for (const user of people) {
          const pages = await pagesOf(pg.database, user, { mode: 'latest', limit });
          const found = pages.flat().map(({ key: _, visible, place }) => ({
            object: visible[0].object.id,
            at: place.at,
            shares: visible.map(({ id }) => id),
          }));
          expect(found).toEqual(model.feed(user));
          // Full while there is more.
          expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
          if (round === 1) await rebuildInbox(pg.database, { user, actor: 'kim', at: new Date(start) }, options);
        }
      }
    }),
    { numRuns: 60, endOnFailure: true },
  );
});

/** Events, of which the later ones happen while somebody reads; and how somebody else would order what is read. */
const read = eventsOf(10, 60).chain((all) =>
  fc.record({
    all: fc.constant(all),
    before: fc.integer({ min: 11, max: all.length }),
    limit: fc.integer({ min: 1, max: 3 }),
    chunkItems: fc.integer({ min: 1, max: 5 }),
    mode: fc.constantFrom('latest' as const, 'ranked' as const),
    ranks: fc.infiniteStream(fc.nat()),
  }),
);

test('whatever happens between pages, and however ranks move: no item comes twice, and none is skipped', async () => {
  await fc.assert(
    fc.asyncProperty(read, async ({ all, before, limit, chunkItems, mode, ranks }) => {
      await pg.database.query(`TRUNCATE ${feedTables} RESTART IDENTITY`);
      const projection = new FeedEvents(pg.database, { pushFollowersMax: 2, inboxItemsMax: 3 });
      await projection.apply(all.slice(0, before));
      let known = before;
      // Shares that the reader could see all the time.
      let steady = new Set(new FeedModel(all.slice(0, known)).feed('u').flatMap(({ shares }) => shares));
      const order = (items: readonly Item[]) => {
        const rank = new Map(items.map((item) => [item, ranks.next().value as number]));
        return items.toSorted((a, b) => rank.get(a)! - rank.get(b)!);
      };
      const meanwhile = async () => {
        for (const end = Math.min(all.length, known + 4); known < end; known++) {
          await projection.apply([all[known]]);
          const now = new FeedModel(all.slice(0, known + 1)).feed('u').flatMap(({ shares }) => shares);
          steady = new Set(now.filter((id) => steady.has(id)));
        }
      };
      const pages = await pagesOf(pg.database, 'u', { mode, limit, order, chunkItems, meanwhile });
      const shown = pages.flat().map(({ visible }) => visible[0].object.id);
      expect(shown).toEqual([...new Set(shown)]);
      const wanted = all.flatMap(({ type, id, data }) => (type === 'share' && steady.has(id) ? [data.object.id] : []));
      expect(shown).toEqual(expect.arrayContaining(wanted));
      expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
    }),
    { numRuns: 100, endOnFailure: true },
  );
});

test('since tells what was projected later, however old it is, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(read, async ({ all, before, limit, mode }) => {
      await pg.database.query(`TRUNCATE ${feedTables} RESTART IDENTITY`);
      const projection = new FeedEvents(pg.database, { pushFollowersMax: 2, inboxItemsMax: 3 });
      await projection.apply(all.slice(0, before));
      const since = (await feedTurn(pg.database))!.turn;
      if (before < all.length) await projection.apply(all.slice(before));
      const later = new Set(all.slice(before).map(({ id }) => id));
      const wanted = new FeedModel(all).feed('u').filter(({ shares }) => shares.some((id) => later.has(id)));
      const pages = await pagesOf(pg.database, 'u', { mode, limit, since });
      const found = pages.flat().map(({ visible }) => visible[0].object.id);
      expect(found.toSorted()).toEqual(wanted.map(({ object }) => object).sort());
    }),
    { numRuns: 60, endOnFailure: true },
  );
});

/** What `u` says of items, and passes on, in some order. */
const said = fc
  .array(
    fc.oneof(
      fc
        .record({
          at,
          item: fc.constantFrom('a', 'b'),
          kind: fc.constantFrom('seen', 'open', 'hide', 'show', 'less', 'more'),
          sharer: fc.option(fc.constantFrom('v', 'w'), { nil: undefined }),
        })
        .map(({ at, ...data }) => happened('feedback', at, { actor: 'u', ...data })),
      fc
        .record({
          at,
          actor: fc.constantFrom('u', 'v', 'w'),
          via: fc.option(fc.nat(20).map(String), { nil: undefined }),
        })
        .map(({ at, ...data }) => happened('share', at, { ...data, object: { id: 'x' } })),
      fc.nat(20).map((id) => happened('retract', start, { actor: 'u', ref: { source: '/s', id: String(id) } })),
    ),
    { minLength: 1, maxLength: 20 },
  )
  .map((all) => all.map((one, i) => ({ ...one, id: String(i) })))
  .chain((all) => fc.record({ all: fc.constant(all), order: fc.shuffledSubarray(all, { minLength: all.length }) }));

test('what a user did about others’ shares is a recount of the events', async () => {
  await fc.assert(
    fc.asyncProperty(said, async ({ all, order }) => {
      await pg.database.query(`TRUNCATE ${feedTables} RESTART IDENTITY`);
      const projection = new FeedEvents(pg.database, { pushFollowersMax: 2, inboxItemsMax: 3 });
      for (const one of order) await projection.apply([one]);
      const found = await pg.database.transaction(async (manager) => {
        const reader = await FeedReader.open(manager, 'u', { turn: Number.MAX_SAFE_INTEGER, since: null });
        return reader ? interactionsOf(manager, reader.user.number) : [];
      });
      const told = (interactions: readonly Interaction[]) =>
        interactions.map(({ sharer, kind, at }) => `${sharer} ${kind} ${at}`).sort();
      expect(told(found)).toEqual(told(new FeedModel(all).interactions('u')));
    }),
    { numRuns: 60, endOnFailure: true },
  );
});

const follow = (actor: string, target: string, at = start): FeedEvent => ({
  ...happened('relation', at, { actor, kind: 'follow', target, state: 'on' }),
  id: `${actor} ${target}`,
});
const shared = (actor: string, object: string, seconds: number, rest: object = {}): FeedEvent => ({
  ...happened('share', start + seconds * 1_000, { actor, object: { id: object }, ...rest }),
  id: `${actor} ${object} ${seconds}`,
});
const latest = async (user: string) => {
  const pages = await pagesOf(pg.database, user, { mode: 'latest', limit: 50 });
  return pages.flat().map(({ visible }) => visible.map(({ id }) => id).join(', '));
};

test('inboxes stay short, and feeds do not end where they do', async () => {
  const projection = new FeedEvents(pg.database, { pushFollowersMax: 10, inboxItemsMax: 20 });
  const followers = Array.from({ length: 10 }, (_, i) => `f${i}`);
  await projection.apply(followers.map((name) => follow(name, 'bob')));
  const shares = Array.from({ length: 600 }, (_, i) => shared('bob', `o${i}`, i));
  for (let from = 0; from < 600; from += 50) await projection.apply(shares.slice(from, from + 50));
  const [{ items }] = await pg.database.query<{ items: string }[]>(
    'SELECT max(count) AS items FROM (SELECT count(*) FROM computed.feed_inbox GROUP BY user_id) AS inbox',
  );
  // About each 64th delivery trims.
  expect(Number(items)).toBeLessThan(600);
  const wanted = shares.map(({ id }) => id).reverse();
  for (const name of followers) expect(await latest(name)).toEqual(wanted);
  // What comes later, and is older than all in the inbox.
  await projection.apply([shared('bob', 'late', -1)]);
  expect(await latest('f0')).toEqual([...wanted, 'bob late -1']);
});

test('who is followed by too many is pulled: nothing is delivered, and nothing is missing, also of before', async () => {
  const projection = new FeedEvents(pg.database, { pushFollowersMax: 3, inboxItemsMax: 20 });
  const follows = Array.from({ length: 6 }, (_, i) => follow(`f${i}`, 'star'));
  expect(await projection.apply([...follows.slice(0, 3), shared('star', 'a', 1)])).toBe(3);
  expect(await projection.apply([...follows.slice(3), shared('star', 'b', 2)])).toBe(0);
  for (const i of [0, 5]) expect(await latest(`f${i}`)).toEqual(['star b 2', 'star a 1']);
});

test('an object that a great many share is looked up by whom the user follows', async () => {
  const projection = new FeedEvents(pg.database, { pushFollowersMax: 10, inboxItemsMax: 20 });
  const strangers = Array.from({ length: 250 }, (_, i) => shared(`s${i}`, 'goal', i));
  await projection.apply([follow('ann', 's3'), follow('ann', 's7'), ...strangers]);
  expect(await latest('ann')).toEqual(['s7 goal 7, s3 goal 3']);
});

/** What is shown, one item a page, two items a chunk, where this happens after the first page. */
async function shownWhile(projection: FeedEvents, event: FeedEvent): Promise<string[]> {
  const rest = [event];
  const meanwhile = async () => projection.apply(rest.splice(0));
  const pages = await pagesOf(pg.database, 'u', { mode: 'ranked', limit: 1, chunkItems: 2, meanwhile });
  return pages.flat().map(({ visible }) => visible[0].object.id);
}

test('what was shown of somebody who is hidden now does not come again further down', async () => {
  const projection = new FeedEvents(pg.database, { pushFollowersMax: 10, inboxItemsMax: 20 });
  const follows = [follow('u', 'x'), follow('u', 'y')];
  await projection.apply([...follows, shared('y', 'twice', 4), shared('x', 'a', 3), shared('x', 'twice', 2)]);
  const block = happened('relation', start, { actor: 'y', kind: 'block', target: 'u', state: 'on' });
  expect(await shownWhile(projection, { ...block, id: 'block' })).toEqual(['twice', 'a']);
});

test('what comes into sight while pages are read pushes nothing out of them', async () => {
  const projection = new FeedEvents(pg.database, { pushFollowersMax: 10, inboxItemsMax: 20 });
  const friends = shared('x', 'of friends', 3, { audience: 'mutual' });
  await projection.apply([follow('u', 'v'), follow('u', 'x'), shared('v', 'a', 5), friends, shared('v', 'b', 1)]);
  expect(await shownWhile(projection, follow('x', 'u'))).toEqual(['a', 'of friends', 'b']);
});

test('two who project at a time miss nothing of each other', async () => {
  const options = { pushFollowersMax: 10, inboxItemsMax: 100 };
  const [follows, shares] = [
    new FeedEvents(pg.database, options, 'relation'),
    new FeedEvents(pg.database, options, 'share'),
  ];
  const names = Array.from({ length: 40 }, (_, i) => `n${i}`);
  await Promise.all([
    (async () => {
      for (const name of names) await follows.apply([follow('ann', name)]);
    })(),
    (async () => {
      for (const [i, name] of names.entries()) await shares.apply([shared(name, name, i)]);
    })(),
  ]);
  expect((await latest('ann')).length).toBe(40);
  const [{ items }] = await pg.database.query<{ items: string }[]>('SELECT count(*) AS items FROM computed.feed_inbox');
  expect(Number(items)).toBe(40);
});
