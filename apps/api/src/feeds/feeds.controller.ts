import { Controller, Get, Headers, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import { RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { OpenStreams } from '../http/open-streams.js';
import { invalidQuery } from '../http/problems.js';
import { parseQuery } from '../http/query.js';
import { FeedPage } from './feed.js';
import { beginning, readCursor, readSince, turnSince } from './feed-cursor.js';
import { FeedNews } from './feed-news.js';
import { Feeds } from './feeds.js';
import { type FeedSource, followFeed } from './follow-feed.js';
import { Why } from './why.js';

const FeedQuery = Type.Object({
  mode: Type.Optional(
    Type.Enum(['ranked', 'latest'], { description: 'By what concerns the user, or by time. Default: ranked' }),
  ),
  cursor: Type.Optional(Type.String({ maxLength: 16_000, description: '`next` of the page before' })),
  since: Type.Optional(
    Type.String({ maxLength: 200, description: '`since` of an earlier page: only what is new after it' }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
});
const params = { user: 'Whose feed, as events name them' };
type Raw = Readonly<Record<string, unknown>>;

@ApiTags('Feeds')
@Controller('api/v1/feed/:user')
export class FeedsController {
  constructor(
    @Inject(Feeds) private readonly feeds: Feeds,
    @Inject(FeedNews) private readonly news: FeedNews,
    @Inject(OpenStreams) private readonly streams: OpenStreams,
  ) {}

  @Get()
  @RequireScope('read')
  @Documented({
    summary: 'What those whom the user follows shared',
    description:
      'Each object once, with those who shared it. Pages of one feed never show an item twice, whatever changes meanwhile.',
    answers: FeedPage,
    query: FeedQuery,
    params,
  })
  page(@Param('user') user: string, @Query() raw: Raw): Promise<FeedPage> {
    const { mode, cursor, since, limit = 50 } = parseQuery(FeedQuery, raw);
    return this.feeds.page(user, limit, (now) => {
      if (cursor === undefined)
        return beginning(mode ?? 'ranked', now, since === undefined ? null : turnSince(readSince(since), now));
      const read = readCursor(cursor, now);
      if (mode !== undefined && mode !== read.mode)
        throw invalidQuery([{ field: 'cursor', message: `is of a feed in mode ${read.mode}` }]);
      return read;
    });
  }

  @Get('stream')
  @RequireScope('read')
  @Documented({
    summary: 'What is new in the feed (server-sent events)',
    description:
      'Each event `item` is an item as `?mode=latest` has it, in place of what was known under its id. `rebuilt`: read the feed again. It is looked at once a second.',
    answers: Type.String(),
    params,
    contentType: 'text/event-stream',
    lastEventId: 'Goes on after it: an id of this stream, or `since` of a page. Without it, from now on',
    problems: { 503: 'Too many streams' },
  })
  async stream(
    @Param('user') user: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const after = lastEventId ? readSince(lastEventId, 'Last-Event-ID') : null;
    const read: FeedSource['read'] = (limit, cursorOf) => this.feeds.page(user, limit, cursorOf);
    const news: FeedSource['news'] = (stands) => this.news.wait(user, stands);
    const turn = () => this.feeds.turn();
    await followFeed({ news, read, turn }, after, (position) => this.streams.open(reply, position));
  }

  @Get('items/:id/why')
  @RequireScope('read')
  @Documented({
    summary: 'Why an item is where it is, or is not shown',
    description: 'Each factor of its score as it is now; and of each share whether the user sees it, and why not.',
    answers: Why,
    params: { ...params, id: 'The item’s' },
    problems: { 404: 'Nobody whom the user follows shared it' },
  })
  why(@Param('user') user: string, @Param('id') id: string): Promise<Why> {
    return this.feeds.why(user, id);
  }
}
