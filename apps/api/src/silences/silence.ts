import Type, { type Static } from 'typebox';
import { type Matchers, parseMatchers } from '#libs/silencing';
import { holdsUntil, type NewSilence, type Silence as StoredSilence } from '#libs/storage';
import { parseDuration } from '../decisions/duration.js';
import { type FieldProblem, invalidBody } from '../http/problems.js';
import { millis, parseBody } from '../http/query.js';

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Instant = Type.String({ format: 'date-time' });

export const states = ['pending', 'active', 'expired', 'ended'] as const;

const Match = Type.Record(Type.String(), Type.Unknown(), {
  description:
    'rule (id or name), severity, group ({field: value}), cidr (of an address of the group), owner; each a value or a list of which any holds, texts with * and ?. All must hold.',
});

export const Silence = Type.Object({
  id: Type.String(),
  match: Match,
  startsAt: Instant,
  endsAt: Nullable(Instant),
  author: Type.String({ description: 'Id of the key, or the file' }),
  reason: Type.String(),
  source: Type.Enum(['api', 'file']),
  createdAt: Instant,
  endedAt: Nullable(Type.String({ format: 'date-time', description: 'Taken back then' })),
  endedBy: Nullable(Type.String()),
  state: Type.Enum([...states]),
  held: Type.Integer({ description: 'Alerts that it has held back so far' }),
});
export type Silence = Static<typeof Silence>;

export const SilenceList = Type.Object({ items: Type.Array(Silence), next: Nullable(Type.String()) });
export const SilencesQuery = Type.Object({
  ended: Type.Optional(Type.Boolean({ description: 'Also those that are over' })),
  cursor: Type.Optional(Type.String({ maxLength: 1_000, description: '`next` of the page before' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
});
export const NewBody = Type.Object(
  {
    match: Match,
    startsAt: Type.Optional(Instant),
    endsAt: Type.Optional(Instant),
    duration: Type.Optional(Type.String({ description: 'Instead of endsAt, such as 4h', minLength: 2, maxLength: 20 })),
    reason: Type.String({ minLength: 1, maxLength: 1_000 }),
  },
  { additionalProperties: false },
);
export const PreviewBody = Type.Object({ match: Match }, { additionalProperties: false });

/** Throws a 422 problem that names every field that is wrong. A silence says when it ends; the allowlist may not. */
export function newSilence(body: unknown, now: number, { mustEnd }: { mustEnd: boolean }): NewSilence {
  const { match, startsAt, endsAt, duration, reason } = parseBody(NewBody, body);
  const matchers = matchersOf(match);
  const problems: FieldProblem[] = [];
  const starts = instantOf(startsAt, 'startsAt', problems);
  const durationMs = duration === undefined ? undefined : parseDuration(duration);
  if (durationMs === null) problems.push({ field: 'duration', message: 'must be such as 90s, 30m, 4h or 7d' });
  if (duration !== undefined && endsAt !== undefined)
    problems.push({ field: 'duration', message: 'and endsAt say the same: give one' });
  const ends = durationMs ? (starts ?? now) + durationMs : instantOf(endsAt, 'endsAt', problems);
  if (mustEnd && ends === undefined && problems.length === 0)
    problems.push({ field: 'endsAt', message: 'is missing: a silence ends; give endsAt or duration' });
  if (ends !== undefined && ends <= Math.max(starts ?? now, now))
    problems.push({ field: 'endsAt', message: 'must be after its start, and to come' });
  if (problems.length > 0) throw invalidBody(problems);
  return { matchers, startsAt: starts, endsAt: ends ?? null, reason };
}

/** Throws a 422 problem that names what is wrong. */
export function matchersOf(match: unknown): Matchers {
  const parsed = parseMatchers(match);
  if (parsed.kind === 'ok') return parsed.matchers;
  throw invalidBody(
    parsed.problems.map(({ field, message }) => ({ field: field === '' ? 'match' : `match.${field}`, message })),
  );
}

function instantOf(text: string | undefined, field: string, problems: FieldProblem[]): number | undefined {
  const ms = millis(text);
  if (ms === undefined || Number.isFinite(ms)) return ms;
  problems.push({ field, message: 'must be an RFC 3339 time such as 2027-01-31T12:00:00Z' });
  return undefined;
}

export function silenceWire(silence: StoredSilence, held: number, now: number): Silence {
  const { id, matchers, author, reason, source, endedBy } = silence;
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return {
    id,
    match: { ...matchers },
    startsAt: new Date(silence.startsAt).toISOString(),
    endsAt: iso(silence.endsAt),
    author,
    reason,
    source,
    createdAt: new Date(silence.createdAt).toISOString(),
    endedAt: iso(silence.endedAt),
    endedBy,
    state: stateOf(silence, now),
    held,
  };
}

function stateOf(silence: StoredSilence, now: number): Silence['state'] {
  const until = holdsUntil(silence);
  if (silence.endedAt !== null) return 'ended';
  if (until !== null && now >= until) return 'expired';
  return now < silence.startsAt ? 'pending' : 'active';
}
