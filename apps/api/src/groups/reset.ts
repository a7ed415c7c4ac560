import Type, { type Static } from 'typebox';
import type { GroupDescription, Log, TopicDescription } from '#libs/log';
import { invalidBody, unknownPartition } from '../http/problems.js';
import { millis } from '../http/query.js';
import { topicsOf } from './lag.js';

export const Reset = Type.Object(
  {
    to: Type.Enum(['earliest', 'latest', 'time', 'offset']),
    time: Type.Optional(Type.String({ format: 'date-time', description: 'With `to: time`' })),
    offset: Type.Optional(Type.Integer({ minimum: 0, description: 'With `to: offset`' })),
    topic: Type.Optional(Type.String({ description: 'This topic only. Default: every topic that the group reads' })),
    partition: Type.Optional(Type.Integer({ minimum: 0, description: 'This partition only; needs `topic`' })),
  },
  { additionalProperties: false },
);
export type Reset = Static<typeof Reset>;

export const Move = Type.Object({
  topic: Type.String(),
  partition: Type.Integer(),
  from: Type.Union([Type.Integer(), Type.Null()]),
  to: Type.Integer(),
});
export type Move = Static<typeof Move>;

/** Where a reset would put each partition of the group. Throws a 404 or 422 problem; rejects as the log does. */
export async function plan(log: Log, group: GroupDescription, reset: Reset): Promise<Move[]> {
  refuseHalf(reset);
  const moves: Move[] = [];
  for (const name of reset.topic === undefined ? topicsOf(group) : [reset.topic]) {
    const topic = await log.describe(name);
    const chosen = topic.partitions.filter(({ partition }) => (reset.partition ?? partition) === partition);
    if (chosen.length === 0) throw unknownPartition(name, reset.partition!, topic.partitions.length);
    for (const description of chosen) {
      const { partition } = description;
      const held = group.positions.find((position) => position.topic === name && position.partition === partition);
      moves.push({
        topic: name,
        partition,
        from: held?.offset ?? null,
        to: await target(log, name, description, reset),
      });
    }
  }
  return moves;
}

function refuseHalf({ to, time, offset, topic, partition }: Reset): void {
  const problems = [
    to === 'time' && time === undefined && { field: 'time', message: 'is missing' },
    to === 'offset' && offset === undefined && { field: 'offset', message: 'is missing' },
    to === 'offset' && partition === undefined && { field: 'partition', message: 'is missing' },
    partition !== undefined && topic === undefined && { field: 'topic', message: 'is missing' },
  ].filter((problem) => problem !== false);
  if (problems.length > 0) throw invalidBody(problems);
}

async function target(
  log: Log,
  topic: string,
  { partition, earliest, next }: TopicDescription['partitions'][number],
  { to, time, offset }: Reset,
): Promise<number> {
  switch (to) {
    case 'earliest':
      return earliest;
    case 'latest':
      return next;
    case 'time':
      return log.offsetAt(topic, partition, millis(time!));
    case 'offset': {
      if (offset! >= earliest && offset! <= next) return offset!;
      throw invalidBody([{ field: 'offset', message: `must lie between earliest ${earliest} and next ${next}` }]);
    }
  }
}
