import Type, { type Static } from 'typebox';
import type { DataSource } from 'typeorm';
import type { Log, TopicDescription } from '#libs/log';
import {
  type ProjectionName,
  type ProjectionPosition,
  projectedRows,
  projectionPositions,
  projections,
} from '#libs/storage';

const names = projections.map(({ name }) => name);

export const Projection = Type.Object({
  name: Type.String(),
  topics: Type.Array(Type.String(), { description: 'What it is computed from' }),
  tables: Type.Array(Type.String(), { description: 'What it computes, of the schema `computed`' }),
  records: Type.Integer({ description: 'Not computed yet' }),
  of: Type.Integer({ description: 'Records that its topics hold' }),
});
export type Projection = Static<typeof Projection>;

export const RebuildBody = Type.Object(
  {
    projections: Type.Optional(
      Type.Array(Type.Enum([...names]), { minItems: 1, maxItems: names.length, description: 'Default: all' }),
    ),
    fromEarliest: Type.Optional(
      Type.Boolean({ description: 'Also where the log begins later than it once did, and gives less than there was' }),
    ),
  },
  { additionalProperties: false },
);

const Rebuilt = Type.Object({
  name: Type.String(),
  tables: Type.Array(Type.Object({ table: Type.String(), rows: Type.Integer({ description: 'That are dropped' }) })),
  topics: Type.Array(
    Type.Object({
      topic: Type.String(),
      records: Type.Integer({ description: 'To compute from' }),
      removed: Type.Integer({ description: 'By retention: what was computed from them does not come back' }),
      since: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
        description: 'Where some were removed: the log is whole from here on',
      }),
    }),
  ),
});
export const RebuildAnswer = Type.Object({ dryRun: Type.Boolean(), projections: Type.Array(Rebuilt) });
export type RebuildAnswer = Static<typeof RebuildAnswer>;

/** Every projection, and how far it is. */
export async function describeProjections(log: Log, database: DataSource): Promise<Projection[]> {
  // Positions before ends: what is computed meanwhile is then counted as not computed yet, and not the other way round.
  const positions = await projectionPositions(database);
  return Promise.all(
    projections.map(async ({ name, topics, tables }) => {
      const described = await Promise.all(topics.map((topic) => log.describe(topic)));
      const partitions = described.flatMap((topic) => topic.partitions.map((one) => ({ ...one, topic: topic.topic })));
      const records = partitions.map(({ topic, partition, earliest, next }) => {
        const stands = positions.find((p) => p.projection === name && p.topic === topic && p.partition === partition);
        return Math.max(0, next - Math.max(stands?.offset ?? earliest, earliest));
      });
      const of = sum(partitions.map(({ earliest, next }) => next - earliest));
      return { name, topics: [...topics], tables: [...tables], records: sum(records), of };
    }),
  );
}

/** What a rebuild drops and reads, and where it begins. */
export async function planRebuild(
  log: Log,
  database: DataSource,
  wanted: readonly ProjectionName[],
): Promise<{ plan: RebuildAnswer['projections']; starts: ProjectionPosition[] }> {
  const starts: ProjectionPosition[] = [];
  const plan: RebuildAnswer['projections'] = [];
  for (const { name, topics } of projections.filter((projection) => wanted.includes(projection.name))) {
    const described = await Promise.all(topics.map((topic) => log.describe(topic)));
    for (const { topic, partitions } of described)
      for (const { partition, earliest } of partitions)
        starts.push({ projection: name, topic, partition, offset: earliest });
    plan.push({
      name,
      tables: await projectedRows(database, name),
      topics: await Promise.all(described.map((topic) => whatIsLeft(log, topic))),
    });
  }
  return { plan, starts };
}

async function whatIsLeft(log: Log, { topic, partitions }: TopicDescription) {
  const removed = sum(partitions.map(({ earliest }) => earliest));
  const records = sum(partitions.map(({ earliest, next }) => next - earliest));
  if (removed === 0) return { topic, records, removed, since: null };
  const cut = partitions.filter(({ earliest, next }) => earliest > 0 && earliest < next);
  const oldest = await Promise.all(
    cut.map(async ({ partition, earliest }) =>
      (await log.read(topic, partition, earliest, { recordsMax: 1 })).recordedAt(0),
    ),
  );
  return { topic, records, removed, since: oldest.length > 0 ? new Date(Math.max(...oldest)).toISOString() : null };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
