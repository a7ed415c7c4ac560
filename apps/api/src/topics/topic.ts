import Type, { type Static } from 'typebox';
import type { TopicDescription } from '#libs/log';

export const Topic = Type.Object({
  topic: Type.String(),
  bytes: Type.Integer({ description: 'On disk' }),
  records: Type.Integer({ description: 'That can be read now' }),
  retentionMs: Type.Union([Type.Integer(), Type.Null()]),
  retentionBytes: Type.Union([Type.Integer(), Type.Null()]),
  partitions: Type.Array(
    Type.Object({
      partition: Type.Integer(),
      earliest: Type.Integer({ description: 'First offset that can be read' }),
      next: Type.Integer({ description: 'The offset that the next record will get' }),
    }),
  ),
});
export type Topic = Static<typeof Topic>;

export function topicWire({ topic, bytes, options, partitions }: TopicDescription): Topic {
  return {
    topic,
    bytes,
    records: partitions.reduce((sum, { earliest, next }) => sum + next - earliest, 0),
    retentionMs: options.retentionMs ?? null,
    retentionBytes: options.retentionBytes ?? null,
    partitions: partitions.map(({ partition, earliest, next }) => ({ partition, earliest, next })),
  };
}
