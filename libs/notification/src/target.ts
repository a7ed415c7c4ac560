import Type, { type Static } from 'typebox';
import type { Alert } from '#libs/events';

export const targetKinds = ['webhook', 'alertmanager', 'slack', 'mail'] as const;
export const severities = ['informational', 'low', 'medium', 'high', 'critical'] as const;

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Text = Type.String({ minLength: 1, maxLength: 200 });
const Seconds = (minimum: number, description: string) =>
  Type.Optional(Nullable(Type.Integer({ minimum, maximum: 86_400, description })));

const Route = Type.Object(
  {
    minSeverity: Type.Optional(Type.Enum([...severities])),
    rules: Type.Optional(
      Type.Array(Text, { maxItems: 100, description: 'Names or ids of rules; * stands for any text' }),
    ),
    owners: Type.Optional(Type.Array(Text, { maxItems: 100, description: 'Owners of rules; * stands for any text' })),
    group: Type.Optional(
      Type.Record(Type.String(), Text, { description: 'Fields of the group and their values; * stands for any text' }),
    ),
  },
  { additionalProperties: false, description: 'All that is given must hold' },
);
export type Route = Static<typeof Route>;

/** What people say of a target. */
export const TargetSettings = Type.Object(
  {
    kind: Type.Enum([...targetKinds]),
    url: Type.String({
      minLength: 1,
      maxLength: 2000,
      description: 'http(s)://…; of mail: smtp(s)://user:password@host',
    }),
    from: Type.Optional(Type.String({ minLength: 3, maxLength: 320, description: 'Of mail: the sender' })),
    to: Type.Optional(
      Type.Array(Type.String({ minLength: 3, maxLength: 320 }), {
        minItems: 1,
        maxItems: 50,
        description: 'Of mail: the recipients',
      }),
    ),
    routes: Type.Optional(
      Type.Array(Route, {
        maxItems: 50,
        description: 'An alert goes here if one of these takes it; none: every alert',
      }),
    ),
    updatesSeconds: Seconds(1, 'Tell of growing alerts, too, each at most once in so long; null: no'),
    waitSeconds: Seconds(1, 'Wait so long after a first alert, and tell of all that came in one message; null: no'),
    digest: Type.Optional(
      Nullable(Type.Enum(['hourly', 'daily'], { description: 'One message at every full hour, or midnight UTC' })),
    ),
    resendSeconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3600,
        description: 'Of alertmanager: how often it is said again that an alert fires. Default: 60',
      }),
    ),
    enabled: Type.Optional(Type.Boolean({ description: 'False: nothing new is put for it. Default: true' })),
  },
  { additionalProperties: false },
);
export type TargetSettings = Static<typeof TargetSettings>;

/** A place that notifications go to. */
export interface Target {
  id: string;
  settings: TargetSettings;
  /** What messages are signed with; the newest first. */
  secrets: readonly string[];
}

/** What became of an alert; `firing`: nothing did, and it is said again. */
export type Transition = 'opened' | 'updated' | 'closed' | 'merged' | 'firing';

/** An alert as notifications show it. */
export type NoticedAlert = Omit<Alert, 'evidence' | 'position' | 'endsAt'>;

/** What is told at once, with one idempotency key. */
export interface Message {
  key: string;
  transitions: readonly { n: number; transition: Transition; alert: NoticedAlert }[];
}

const groupCharsMax = 1_000;

/** Without the events, which may be large, and which the API has. */
export function noticed({ evidence, position, endsAt, ...alert }: Alert): NoticedAlert {
  const short = (value: unknown) =>
    typeof value === 'string' && value.length > groupCharsMax ? `${value.slice(0, groupCharsMax)}…` : value;
  return {
    ...alert,
    group: Object.fromEntries(Object.entries(alert.group).map(([name, value]) => [name, short(value)])),
  };
}

export const resendMs = ({ settings }: Target): number => (settings.resendSeconds ?? 60) * 1_000;

/** Whether several transitions make one message. */
export const isGrouped = ({ settings: { kind, waitSeconds, digest } }: Target): boolean =>
  kind === 'alertmanager' || waitSeconds != null || digest != null;

const HOUR_MS = 3_600_000;

/** When what is put now is to be told. */
export function dueAt({ settings: { waitSeconds, digest } }: Target, now: number): number {
  const period = digest === 'daily' ? 24 * HOUR_MS : HOUR_MS;
  if (digest != null) return (Math.floor(now / period) + 1) * period;
  return now + (waitSeconds ?? 0) * 1_000;
}
