import Type, { type Static } from 'typebox';
import { defineEventType } from '../event-type.js';
import { count, name, number, text } from '../fields.js';

const reference = Type.Object({
  topic: name,
  partition: count,
  offset: count,
  time: text,
  /** The event itself; left out where an earlier revision of this alert carried it. */
  event: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
});

const schema = Type.Object({
  id: name,
  rule: Type.Object({
    id: name,
    name: text,
    title: text,
    version: count,
    owner: Type.Optional(Type.Union([text, Type.Null()])),
    runbook: Type.Optional(Type.Union([text, Type.Null()])),
  }),
  severity: Type.Enum(['informational', 'low', 'medium', 'high', 'critical']),
  state: Type.Enum(['open', 'closed', 'merged']),
  /** The alert that took this one in when late events joined the two. */
  mergedInto: Type.Union([text, Type.Null()]),
  /** The fields that the rule groups by, with this group's values. */
  group: Type.Record(Type.String(), Type.Unknown()),
  /** The window, such as `60s`. */
  timespan: text,
  /** Such as `{gte: 5}`. */
  condition: Type.Record(Type.String(), Type.Unknown()),
  firstSeen: text,
  openedAt: text,
  lastSeen: text,
  closedAt: Type.Union([text, Type.Null()]),
  value: number,
  peak: number,
  events: count,
  expected: Type.Union([number, Type.Null()]),
  shadow: Type.Boolean(),
  /** What its rule asks bouncers to do about the group, for how long, and what the group is to them. */
  decision: Type.Optional(
    Type.Union([
      Type.Object({
        type: Type.Enum(['ban', 'captcha', 'throttle']),
        duration: text,
        durationMs: count,
        scope: name,
      }),
      Type.Null(),
    ]),
  ),
  /** Raised afterwards, from what the log held when the rule was new. */
  retro: Type.Optional(Type.Boolean()),
  /** Until when it holds unless its sender says so again; of alerts that were received. */
  endsAt: Type.Optional(text),
  revision: count,
  /** State as of this record of `weir.matches`; only a later position of the same alert replaces it. */
  position: Type.Object({ partition: count, offset: count }),
  /** The first and the latest matching events. */
  evidence: Type.Array(reference),
});

/** One revision of what a rule found. Times are event times, RFC 3339. */
export type Alert = Static<typeof schema>;

export const alert = defineEventType({
  name: 'alert',
  schema,
  internal: true,
  key: (data) => [data.rule.id, ...Object.values(data.group)].join('\n'),
  actor: () => undefined,
});
