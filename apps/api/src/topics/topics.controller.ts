import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import Type, { type Static } from 'typebox';
import type { Log } from '#libs/log';
import { LOG, RequireScope } from '../../../platform/src/index.js';
import { decodeCursor, encodeCursor } from '../http/cursor.js';
import { Documented } from '../http/documented.js';
import { invalidQuery } from '../http/problems.js';
import { parseQuery } from '../http/query.js';
import { Record } from './record.js';
import { scan } from './scan.js';
import { selectionOf } from './selection.js';
import { startParameters, startPositions } from './start.js';
import { Topic, topicWire } from './topic.js';

export const filterParameters = {
  key: Type.Optional(Type.String({ maxLength: 1000, description: 'Only records with exactly this key' })),
  filter: Type.Optional(
    Type.String({
      maxLength: 1000,
      description:
        '`field=value` (a dotted field of the event or of its `data`), or text that the value contains ("in quotes" where it reads as a field)',
    }),
  ),
};

const RecordsQuery = Type.Object({
  ...startParameters,
  ...filterParameters,
  cursor: Type.Optional(Type.String({ maxLength: 10_000, description: '`next` of the page before' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
});

const Cursor = Type.Array(
  Type.Tuple([Type.Integer({ minimum: 0 }), Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })]),
  { minItems: 1, maxItems: 10_000 },
);

const TopicList = Type.Object({ items: Type.Array(Topic), next: Type.Null() });
const RecordPage = Type.Object({
  items: Type.Array(Record),
  scanned: Type.Integer({ description: 'Records looked at: a page may end before it is full' }),
  next: Type.Union([Type.String(), Type.Null()], { description: 'Cursor; null: the end of the log, for now' }),
});

type Raw = Readonly<{ [name: string]: unknown }>;

@ApiTags('Log')
@Controller('api/v1/topics')
export class TopicsController {
  constructor(@Inject(LOG) private readonly log: Log) {}

  @Get()
  @RequireScope('read')
  @Documented({ summary: 'All topics', answers: TopicList })
  async list(): Promise<Static<typeof TopicList>> {
    const topics = await this.log.topics();
    const described = await Promise.all(topics.toSorted().map((topic) => this.log.describe(topic)));
    return { items: described.map(topicWire), next: null };
  }

  @Get(':topic')
  @RequireScope('read')
  @Documented({
    summary: 'One topic: partitions, earliest and next offsets, bytes',
    answers: Topic,
    params: { topic: 'Its name' },
    problems: { 404: 'No such topic' },
  })
  async one(@Param('topic') topic: string): Promise<Topic> {
    return topicWire(await this.log.describe(topic));
  }

  @Get(':topic/records')
  @RequireScope('read')
  @Documented({
    summary: 'Records, in the order in which the log recorded them',
    answers: RecordPage,
    params: { topic: 'Its name' },
    query: RecordsQuery,
    problems: {
      404: 'No such topic or partition',
      410: 'The offset has left the log; the problem names the earliest',
      416: 'The offset is beyond the end; the problem names the next',
    },
  })
  async records(@Param('topic') topic: string, @Query() raw: Raw): Promise<Static<typeof RecordPage>> {
    const query = parseQuery(RecordsQuery, raw);
    const description = await this.log.describe(topic);
    const from = query.cursor
      ? resume(query.cursor, description.partitions.length)
      : await startPositions(this.log, description, query, 'earliest');
    const wanted = selectionOf(query.key, query.filter);
    const { items, scanned, next } = await scan(this.log, { topic, from, limit: query.limit ?? 50, wanted });
    return { items, scanned, next: next && encodeCursor(next.map(({ partition, offset }) => [partition, offset])) };
  }
}

function resume(cursor: string, partitions: number) {
  const positions = decodeCursor(Cursor, cursor).map(([partition, offset]) => ({ partition, offset }));
  if (positions.some(({ partition }) => partition >= partitions)) {
    throw invalidQuery([{ field: 'cursor', message: 'is of another topic' }]);
  }
  return positions;
}
