import Type, { type Static } from 'typebox';

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Instant = Type.String({ format: 'date-time' });
const Group = Type.Record(Type.String(), Type.String());

const Verdicts = Type.Object(
  {
    truePositives: Type.Object({ marked: Type.Integer(), raised: Type.Integer() }),
    falsePositives: Type.Object({ marked: Type.Integer(), raised: Type.Integer() }),
    precision: Nullable(
      Type.Number({ description: 'Of the marked ones that it raises, the share that is true; null: it raises none' }),
    ),
  },
  { description: 'What people marked alerts of this rule as, and which of these it would raise' },
);
export type Verdicts = Static<typeof Verdicts>;

const Outcome = Type.Object({
  threshold: Nullable(Type.Number({ description: 'The limit; null: the rule has no single one' })),
  isOwn: Type.Boolean({ description: 'The limit that the rule has' }),
  alerts: Type.Integer({ description: 'Opened within the range' }),
  isAtLeast: Type.Boolean({ description: 'There are more: 100,000 alerts, and it was stopped' }),
  groups: Type.Integer({ description: 'Groups with an alert' }),
  alertsPerDay: Type.Number(),
  episodesPerDay: Type.Number({ description: 'Alerts under way on a day, on average' }),
  verdicts: Verdicts,
});
export type Outcome = Static<typeof Outcome>;

const Evidence = Type.Object({
  topic: Type.String(),
  partition: Type.Integer(),
  offset: Type.Integer(),
  time: Instant,
  event: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});

const ReportedAlert = Type.Object({
  id: Type.String({ description: 'Which it has, or would have, among all alerts' }),
  group: Group,
  state: Type.Enum(['open', 'closed'], { description: 'At the end of the range' }),
  firstSeen: Instant,
  openedAt: Instant,
  lastSeen: Instant,
  closedAt: Nullable(Instant),
  value: Type.Number(),
  peak: Type.Number(),
  expected: Nullable(Type.Number()),
  events: Type.Integer(),
  evidence: Type.Array(Evidence, { description: 'The first and the latest 50 events; the first few as they are' }),
});
export type ReportedAlert = Static<typeof ReportedAlert>;

const MarkedAlert = Type.Object({
  id: Type.String(),
  group: Type.Record(Type.String(), Type.Unknown()),
  openedAt: Instant,
  verdict: Type.Enum(['true-positive', 'false-positive']),
  raised: Type.Boolean({ description: 'The rule as it stands alerts about the group then' }),
});
export type MarkedAlert = Static<typeof MarkedAlert>;

const TouchedAlert = Type.Object({
  id: Type.String(),
  group: Group,
  openedAt: Instant,
  verdict: Nullable(Type.Enum(['true-positive', 'false-positive'])),
});
const Silenced = Type.Object(
  {
    lost: Type.Integer({ description: 'Alerts that there would not be' }),
    kept: Type.Integer(),
    changed: Type.Integer({ description: 'Of those that are kept: they open at another time, or have fewer events' }),
    added: Type.Integer({ description: 'Alerts that there would be only with it, as of absence' }),
    truePositivesLost: Type.Integer({ description: 'Alerts that people marked as right, and that it would silence' }),
    falsePositivesLost: Type.Integer(),
    lostTruePositives: Type.Array(
      Type.Object({ id: Type.String(), group: Type.Record(Type.String(), Type.Unknown()), openedAt: Instant }),
      { description: 'The first 100' },
    ),
    lostAlerts: Type.Array(TouchedAlert, { description: 'The first 100, by when they opened' }),
    keptAlerts: Type.Array(TouchedAlert, { description: 'The first 100, by when they opened' }),
  },
  { description: 'What the exception would silence; null: none was given' },
);
export type Silenced = Static<typeof Silenced>;

const RuleReport = Type.Object({
  rule: Type.Object({
    id: Type.String(),
    name: Type.String(),
    title: Type.String(),
    version: Type.Integer(),
    severity: Type.String(),
  }),
  timespan: Type.String(),
  condition: Type.Record(Type.String(), Type.Number()),
  events: Type.Integer({ description: 'Events within the range that it counts' }),
  groups: Type.Object({
    seen: Type.Integer({ description: 'Different groups among these events' }),
    isAtLeast: Type.Boolean({ description: 'There are more: a million are told apart' }),
  }),
  outcome: Outcome,
  days: Type.Array(
    Type.Object({
      day: Type.String({ description: 'In UTC' }),
      alerts: Type.Integer({ description: 'Opened on this day' }),
      episodes: Type.Integer({ description: 'Under way on this day' }),
    }),
    { description: 'Days with alerts' },
  ),
  topGroups: Type.Array(
    Type.Object({ group: Group, alerts: Type.Integer(), peak: Type.Number(), events: Type.Integer() }),
  ),
  curve: Type.Array(Outcome, { description: 'By ascending limit, the own among them' }),
  proposal: Type.Object({
    threshold: Nullable(Type.Number({ description: 'Null: no limit stands out' })),
    reason: Type.String(),
  }),
  alerts: Type.Array(ReportedAlert, { description: 'The first 100, by when they opened' }),
  marked: Type.Array(MarkedAlert, { description: 'The first 100' }),
  written: Nullable(
    Type.Object(
      {
        alerts: Type.Integer({ description: 'Written to the topic `alert`, marked as raised afterwards' }),
        known: Type.Integer({ description: 'Left out: there is an alert about the group at that time' }),
      },
      { description: 'Null: nothing was to be written' },
    ),
  ),
  silenced: Nullable(Silenced),
});
export type RuleReport = Static<typeof RuleReport>;

export const BacktestReport = Type.Object({
  from: Nullable(Type.String({ format: 'date-time', description: 'Null: the log held no event' })),
  to: Nullable(Instant),
  events: Type.Integer({ description: 'Records read, those that windows needed from before the range among them' }),
  seconds: Type.Number(),
  lost: Type.Array(
    Type.Object({
      topic: Type.String(),
      partition: Type.Integer(),
      from: Type.Integer(),
      to: Type.Integer(),
      reason: Type.String(),
    }),
    { description: 'What could not be read, by offsets' },
  ),
  rules: Type.Array(RuleReport),
});
export type BacktestReport = Static<typeof BacktestReport>;
