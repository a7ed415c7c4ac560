import Type, { type Static } from 'typebox';
import type { Clock } from '#libs/clock';
import type { GroupDescription, Log, TopicDescription } from '#libs/log';
import { tailGroupPrefix } from '../topics/tail.js';

export const PartitionLag = Type.Object({
  topic: Type.String(),
  partition: Type.Integer(),
  offset: Type.Union([Type.Integer(), Type.Null()], {
    description: 'First offset not yet processed; null: nothing was committed, and lag counts from the earliest',
  }),
  earliest: Type.Integer(),
  next: Type.Integer(),
  records: Type.Integer({ description: 'Not yet processed' }),
  seconds: Type.Number({ description: 'Since the first of them was recorded; 0 when caught up' }),
  expired: Type.Integer({ description: 'Records that retention deleted before the group had read them' }),
});
export type PartitionLag = Static<typeof PartitionLag>;

export const GroupLag = Type.Object({
  group: Type.String(),
  members: Type.Integer(),
  records: Type.Integer({ description: 'Sum over the partitions' }),
  seconds: Type.Number({ description: 'Of the partition furthest behind' }),
});
export type GroupLag = Static<typeof GroupLag> & { partitions: PartitionLag[]; description: GroupDescription };

/**
 * How far the groups are behind. All positions are read before all ends: a stage commits after its output is durable,
 * so when no group lags in this picture, nothing is on its way between stages either.
 */
export async function lagOf(log: Log, clock: Clock, groups: readonly string[]): Promise<GroupLag[]> {
  const descriptions = await Promise.all(groups.map((group) => log.describeGroup(group)));
  const names = new Set(descriptions.flatMap(topicsOf));
  const topics = new Map<string, TopicDescription>();
  const existing = new Set(await log.topics());
  for (const topic of names) if (existing.has(topic)) topics.set(topic, await log.describe(topic));
  return Promise.all(descriptions.map((description) => groupLag(log, clock, description, topics)));
}

/** Every group that has a place to keep; clients that tail a topic have none. */
export async function groupNames(log: Log): Promise<string[]> {
  const groups = await log.groups();
  return groups.filter((group) => !group.startsWith(tailGroupPrefix)).toSorted();
}

/** The topics that a group reads: those it committed on, and those its members own. */
export function topicsOf({ members, positions }: GroupDescription): string[] {
  const owned = members.flatMap((member) => member.partitions);
  return [...new Set([...positions, ...owned].map(({ topic }) => topic))].toSorted();
}

async function groupLag(
  log: Log,
  clock: Clock,
  description: GroupDescription,
  topics: ReadonlyMap<string, TopicDescription>,
): Promise<GroupLag> {
  const all = topicsOf(description).flatMap((name) =>
    (topics.get(name)?.partitions ?? []).map((partition) => [name, partition] as const),
  );
  const partitions = await Promise.all(
    all.map(async ([name, { partition, earliest, next }]): Promise<PartitionLag> => {
      const position = description.positions.find((held) => held.topic === name && held.partition === partition);
      const offset = position?.offset ?? null;
      const from = Math.max(offset ?? earliest, earliest);
      const records = Math.max(0, next - from);
      const seconds = records === 0 ? 0 : await ageOf(log, clock, name, partition, from);
      const expired = offset === null ? 0 : Math.max(0, earliest - offset);
      return { topic: name, partition, offset, earliest, next, records, seconds, expired };
    }),
  );
  return {
    group: description.group,
    members: description.members.length,
    records: partitions.reduce((sum, { records }) => sum + records, 0),
    seconds: partitions.reduce((most, { seconds }) => Math.max(most, seconds), 0),
    partitions,
    description,
  };
}

/** Seconds since the record at `offset` was recorded. */
async function ageOf(log: Log, clock: Clock, topic: string, partition: number, offset: number): Promise<number> {
  try {
    const batch = await log.read(topic, partition, offset, { recordsMax: 1, bytesMax: 1 });
    return batch.count === 0 ? 0 : Math.max(0, clock.now() - batch.recordedAt(0)) / 1000;
  } catch {
    // Retention took it just now, or its bytes are damaged: how far behind is still told in records.
    return 0;
  }
}
