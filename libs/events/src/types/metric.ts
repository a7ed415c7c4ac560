import Type, { type Static } from 'typebox';
import { defineEventType } from '../event-type.js';
import { attributes, count, name, number, text } from '../fields.js';

const sample = Type.Object({
  service: name,
  host: Type.Optional(text),
  name,
  kind: Type.Optional(Type.Enum(['gauge', 'counter', 'histogram'])),
  unit: Type.Optional(text),
  value: Type.Optional(number),
  /** Observations up to and including each bound; the last bound may be `+Inf`. */
  buckets: Type.Optional(Type.Array(Type.Object({ le: Type.Union([number, Type.Literal('+Inf')]), count }))),
  attributes: Type.Optional(attributes),
});

const schema = Type.Refine(
  sample,
  (data) => data.value !== undefined || data.buckets !== undefined,
  () => 'must hold value or buckets',
);

/** One sample of a series. */
export type Metric = Static<typeof sample>;

export const metric = defineEventType({
  name: 'metric',
  schema,
  key: seriesKey,
  actor: () => undefined,
});

/** A series is its service, host, name and attributes, in whatever order these were sent. */
function seriesKey({ service, host = '', name, attributes = {} }: Metric): string {
  const labels = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return [service, host, name, JSON.stringify(labels)].join('\n');
}
