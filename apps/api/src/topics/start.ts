import Type from 'typebox';
import type { Log, TopicDescription } from '#libs/log';
import { invalidQuery, unknownPartition } from '../http/problems.js';
import { millis } from '../http/query.js';
import type { Position } from './scan.js';

/** Where to start, as records and tail take it. */
export const startParameters = {
  partition: Type.Optional(Type.Integer({ minimum: 0, description: 'This partition only. Default: all' })),
  offset: Type.Optional(
    Type.String({
      pattern: '^(\\d{1,15}|earliest|latest)$',
      description: 'Start here: an offset (needs `partition`), `earliest` or `latest`',
    }),
  ),
  time: Type.Optional(
    Type.String({ format: 'date-time', description: 'Start at the first record whose event time is this or later' }),
  ),
};

export interface Start {
  partition?: number;
  offset?: string;
  time?: string;
}

/** An offset for each partition asked for. Throws a 400 or 404 problem; rejects as the log does. */
export async function startPositions(
  log: Log,
  topic: TopicDescription,
  start: Start,
  fallback: 'earliest' | 'latest',
): Promise<Position[]> {
  const { partition, time } = start;
  if (start.offset !== undefined && time !== undefined) {
    throw invalidQuery([{ field: 'time', message: 'and `offset` exclude each other' }]);
  }
  const chosen = topic.partitions.filter(
    (description) => partition === undefined || description.partition === partition,
  );
  if (chosen.length === 0) throw unknownPartition(topic.topic, partition!, topic.partitions.length);
  if (time !== undefined) {
    return Promise.all(
      chosen.map(async (description) => ({
        partition: description.partition,
        offset: await log.offsetAt(topic.topic, description.partition, millis(time)),
      })),
    );
  }
  const offset = start.offset ?? fallback;
  if (/^\d/.test(offset)) {
    if (partition === undefined) throw invalidQuery([{ field: 'offset', message: 'needs `partition` beside it' }]);
    return [{ partition, offset: Number(offset) }];
  }
  return chosen.map((description) => ({
    partition: description.partition,
    offset: offset === 'latest' ? description.next : description.earliest,
  }));
}
