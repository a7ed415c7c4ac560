import Type from 'typebox';

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Instant = Type.String({ format: 'date-time' });

export const severities = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export const states = ['open', 'closed', 'merged'] as const;

/** An alert on the wire, as lists and the stream show it. All times are event times. */
export const Alert = Type.Object({
  id: Type.String(),
  rule: Type.Object({ id: Type.String(), name: Type.String(), title: Type.String(), version: Type.Integer() }),
  severity: Type.Enum([...severities]),
  state: Type.Enum([...states]),
  mergedInto: Nullable(Type.String({ description: 'The alert that absorbed this one, after late events' })),
  group: Type.Record(Type.String(), Type.Unknown()),
  timespan: Type.String(),
  condition: Type.Record(Type.String(), Type.Unknown()),
  firstSeen: Type.String({
    format: 'date-time',
    description: 'Earliest event of the first window that met the condition',
  }),
  openedAt: Type.String({ format: 'date-time', description: 'The event that met it' }),
  lastSeen: Instant,
  closedAt: Nullable(Instant),
  value: Type.Number({ description: 'Of the newest window' }),
  peak: Type.Number({ description: 'Largest value that any window reached' }),
  events: Type.Integer({ description: 'Matching events of the episode' }),
  expected: Nullable(Type.Number()),
  shadow: Type.Boolean(),
  revision: Type.Integer(),
  triage: Type.Object({
    status: Type.String(),
    owner: Nullable(Type.String()),
    verdict: Nullable(Type.String()),
    notes: Type.Integer(),
  }),
});

export const AlertDetail = Type.Object({
  ...Alert.properties,
  evidence: Type.Array(
    Type.Object({
      topic: Type.String(),
      partition: Type.Integer(),
      offset: Type.Integer(),
      time: Instant,
      event: Type.Unknown({ description: 'The event; null where only the log has it' }),
    }),
    { description: 'The first 50 and the latest 50 matching events' },
  ),
});
