import { Controller, Get, Headers, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import type { Log, TopicDescription } from '#libs/log';
import { LOG, RequireScope } from '../../../platform/src/index.js';
import { Documented } from '../http/documented.js';
import { OpenStreams } from '../http/open-streams.js';
import { invalidQuery } from '../http/problems.js';
import { parseQuery } from '../http/query.js';
import type { Position } from './scan.js';
import { selectionOf } from './selection.js';
import { type Start, startParameters, startPositions } from './start.js';
import { parsePositions, Tail } from './tail.js';
import { filterParameters } from './topics.controller.js';

const TailQuery = Type.Object({ ...startParameters, ...filterParameters });

@ApiTags('Log')
@Controller('api/v1/topics')
export class TailController {
  constructor(
    @Inject(LOG) private readonly log: Log,
    @Inject(OpenStreams) private readonly streams: OpenStreams,
  ) {}

  @Get(':topic/tail')
  @RequireScope('read')
  @Documented({
    summary: 'New records as they come (server-sent events)',
    description:
      'Events: `record` (as in a page of records) and `gap` {partition, wanted, earliest} where retention was faster than this client. An id is `partition:offset,…`, the offsets to go on from; Last-Event-ID resumes there. Default start: latest.',
    answers: Type.String(),
    contentType: 'text/event-stream',
    lastEventId: 'Goes on from these offsets',
    params: { topic: 'Its name' },
    query: TailQuery,
    problems: { 404: 'No such topic or partition', 503: 'Too many streams' },
  })
  async tail(
    @Param('topic') topic: string,
    @Query() raw: Readonly<Record<string, unknown>>,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const query = parseQuery(TailQuery, raw);
    const description = await this.log.describe(topic);
    const from = await this.positions(description, query, lastEventId);
    const tail = new Tail(this.log, description, from, selectionOf(query.key, query.filter));
    await tail.open();
    await tail.run(this.streams.open(reply, () => tail.position));
  }

  private async positions(description: TopicDescription, start: Start, lastEventId: string | undefined) {
    const fresh = await startPositions(this.log, description, start, 'latest');
    if (!lastEventId) return fresh;
    const resumed = parsePositions(lastEventId);
    if (!resumed) {
      throw invalidQuery([
        { field: 'Last-Event-ID', message: 'must be partition:offset positions, as this stream sent them' },
      ]);
    }
    return fresh.map((position): Position => resumed.find((old) => old.partition === position.partition) ?? position);
  }
}
