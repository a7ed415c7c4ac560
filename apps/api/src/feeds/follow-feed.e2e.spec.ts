import fastify from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#libs/clock';
import { type FeedEvent, feedTurn } from '#libs/storage';
import { FeedEvents, feedTables } from '../../../../libs/storage/testing/feed-events.js';
import { openTestDatabase, type TestDatabase } from '../../../../libs/storage/testing/test-database.js';
import { OpenStreams } from '../http/open-streams.js';
import { FeedNews } from './feed-news.js';
import { Feeds } from './feeds.js';
import { followFeed } from './follow-feed.js';

const start = Date.UTC(2026, 0, 1);
const options = { pushFollowersMax: 10, inboxItemsMax: 10, halfLifeMs: 1_000, demotingRules: [] };

let pg: TestDatabase;
beforeAll(async () => {
  pg = await openTestDatabase();
});
afterAll(() => pg.close());

const share = (actor: string, id: string): FeedEvent => {
  return { type: 'share', source: '/spec', id, at: start, data: { actor, object: { id } } };
};
const follow: FeedEvent = {
  type: 'relation',
  source: '/spec',
  id: 'f',
  at: start,
  data: { actor: 'ann', kind: 'follow', target: 'bob', state: 'on' },
};

test('those are woken who follow the sharer; after a rebuild all, and they are told to read again', async () => {
  const news = new FeedNews(pg.database);
  const feeds = new Feeds(pg.database, new ManualClock(start), options);
  const streams = new OpenStreams();
  const server = fastify();
  server.get('/:user', async (request, reply) => {
    const { user } = request.params as { user: string };
    await followFeed(
      {
        turn: () => feeds.turn(),
        news: (stands) => news.wait(user, stands),
        read: (limit, cursorOf) => feeds.page(user, limit, cursorOf),
      },
      null,
      (position) => streams.open(reply, position),
    );
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const seen: Record<string, string> = { ann: '', eve: '' };
  const reading = Object.keys(seen).map(async (user) => {
    const response = await fetch(`${url}/${user}`);
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) seen[user] += chunk;
  });
  const events = (user: string) =>
    [...seen[user].matchAll(/^event: (\w+)\nid: .*\ndata: (.*)$/gm)].map(([, event, data]) => {
      return event === 'item' ? (JSON.parse(data) as { id: string }).id : event;
    });
  await expect.poll(() => Object.values(seen).every((text) => text.includes('still here'))).toBe(true);

  const projection = new FeedEvents(pg.database, options);
  await projection.apply([follow, share('bob', 'b1'), share('dora', 'd1')]);
  await expect.poll(() => events('ann')).toEqual(['b1']);
  await projection.apply([share('dora', 'd2')]);
  await projection.apply([share('bob', 'b2')]);
  await expect.poll(() => events('ann')).toEqual(['b1', 'b2']);

  const { generation } = (await feedTurn(pg.database))!;
  await pg.database.query(`TRUNCATE ${feedTables} RESTART IDENTITY`);
  await new FeedEvents(pg.database, options).apply([follow, share('bob', 'b1')]);
  expect((await feedTurn(pg.database))!.generation).not.toBe(generation);
  await expect.poll(() => events('ann')).toEqual(['b1', 'b2', 'rebuilt']);
  // Nothing was projected when eve began: nothing of hers was rebuilt, once there is something it is.
  await expect.poll(() => events('eve')).toEqual(['rebuilt']);

  streams.beforeApplicationShutdown();
  await Promise.all(reading);
  await server.close();
});
