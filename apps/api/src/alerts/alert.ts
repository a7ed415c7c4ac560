import Type, { type Static } from 'typebox';
import { type AlertFilter, triageStatuses, verdicts } from '#libs/storage';
import { millis } from '../http/query.js';

export const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Instant = Type.String({ format: 'date-time' });

export const severities = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export const states = ['open', 'closed', 'merged'] as const;

/** An alert on the wire, as lists and the stream show it. All times are event times. */
export const Alert = Type.Object({
  id: Type.String(),
  rule: Type.Object({
    id: Type.String(),
    name: Type.String(),
    title: Type.String(),
    version: Type.Integer(),
    owner: Nullable(Type.String({ description: 'Who looks after the rule' })),
    runbook: Nullable(Type.String({ description: 'What to do, or where that is written' })),
  }),
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
  decision: Nullable(
    Type.Object(
      {
        type: Type.Enum(['ban', 'captcha', 'throttle']),
        duration: Type.String(),
        durationMs: Type.Integer(),
        scope: Type.String(),
      },
      { description: 'What its rule asks bouncers to do about the group' },
    ),
  ),
  retro: Type.Boolean({ description: 'Raised afterwards, from what the log held when the rule was new' }),
  revision: Type.Integer(),
  incident: Nullable(Type.String({ description: 'The incident that it is in' })),
  silencedBy: Type.Array(Type.String(), { description: 'Silences and entries of the allowlist that held it back' }),
  triage: Type.Object({
    status: Type.Enum([...triageStatuses]),
    owner: Nullable(Type.String()),
    verdict: Nullable(Type.Enum([...verdicts])),
    reason: Nullable(Type.String({ description: 'Why it was closed' })),
    notes: Type.Integer({ description: 'How many there are; `history` has them' }),
  }),
});
export const AlertList = Type.Object({ items: Type.Array(Alert), next: Nullable(Type.String()) });

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 1000, description }));
const instant = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }));

/** What alerts are chosen by, in a list and for a step about many. */
export const filters = {
  state: Type.Optional(Type.Enum([...states], { description: 'Default: all but `merged`' })),
  severity: Type.Optional(Type.Enum([...severities])),
  shadow: Type.Optional(Type.Boolean({ description: 'Those of rules in shadow. Default: those of all others' })),
  status: Type.Optional(Type.Enum([...triageStatuses], { description: 'What people made of it' })),
  owner: text('Who takes care of it'),
  verdict: Type.Optional(Type.Enum([...verdicts])),
  rule: text("A rule's id, or a name that it had"),
  group: text("A group's field and value, as in `ip:192.0.2.7`, or a value"),
  incident: text('The id of an incident, or of an alert in it'),
  since: instant('Opened then or later'),
  until: instant('Opened before'),
  q: Type.Optional(
    Type.String({
      minLength: 3,
      maxLength: 1000,
      description: "Part of a group's value, or of the rule's name or title; at least three characters",
    }),
  ),
};
export const paging = {
  cursor: Type.Optional(Type.String({ maxLength: 10_000, description: '`next` of the page before' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
};
const AlertFilters = Type.Object(filters);

/** The filter with its times in milliseconds. */
export function filterOf({ since, until, ...rest }: Static<typeof AlertFilters>): AlertFilter {
  return { ...rest, since: millis(since), until: millis(until) };
}

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
