import Type, { type Static, type TSchema } from 'typebox';
import { isEliminationMode, type Mode, type Narrowing as Plan } from '#libs/ranking';
import type { StoredStep } from '#libs/storage';
import { invalidBody } from '../http/problems.js';

const instant = Type.String({ format: 'date-time' });
const nullable = <T extends TSchema>(schema: T, description?: string) =>
  Type.Union([schema, Type.Null()], { description });

export const Narrowing = Type.Object(
  {
    method: Type.Enum(['halving', 'elimination'], {
      description: 'The better half stays; or whoever is not surely worse than another',
    }),
    confidence: Type.Optional(
      Type.Number({
        minimum: 0.5,
        maximum: 0.999_999,
        description: 'Elimination: the probability that no best entry ever leaves. Default: 0.95',
      }),
    ),
    deadlines: Type.Optional(
      Type.Array(instant, { maxItems: 50, description: 'Ascending; at each a round ends by itself. Default: none' }),
    ),
  },
  { additionalProperties: false },
);

const Judged = Type.Object({
  entry: Type.String(),
  stays: Type.Boolean(),
  why: Type.Enum(['better-half', 'tied', 'lesser-half', 'not-surely-worse', 'surely-worse', 'circle']),
  score: Type.Number({ description: 'Halving: as on the board. Elimination: 0 to 1, what is compared with the limit' }),
  low: nullable(Type.Number()),
  high: nullable(Type.Number()),
  limit: Type.Number({ description: 'Halving: the least score that stays. Elimination: whose `high` is below leaves' }),
  against: nullable(Type.String(), 'The entry that it was compared with; null: all of them'),
  alpha: nullable(Type.Number(), 'Elimination: the error that the interval was allowed'),
  votes: Type.Integer({ description: 'Votes about it that count' }),
  changes: Type.Integer({ description: 'Elimination: votes about it that were changed or taken back' }),
});

export const RoundStep = Type.Object({
  step: Type.Integer({ description: 'Its number; the first is 1' }),
  round: Type.Integer({ description: 'The round that it ended, or held' }),
  action: Type.Enum(['advance', 'deadline', 'freeze']),
  at: Type.String({ format: 'date-time', description: 'Votes up to then count for the round' }),
  takenAt: instant,
  by: nullable(Type.String(), 'Null: a deadline'),
  undoneAt: nullable(instant),
  undoneBy: nullable(Type.String()),
  entries: Type.Array(Judged, { description: 'What became of each entry that was in' }),
});
export type RoundStep = Static<typeof RoundStep>;

export const Rounds = Type.Object({
  contest: Type.String(),
  round: Type.Integer({ description: 'The one that goes on; the first is 1' }),
  state: Type.Enum(['open', 'frozen', 'decided'], { description: '`decided`: one entry is in' }),
  frozenAt: nullable(instant, 'Later votes count for the next round'),
  nextDeadline: nullable(instant),
  entries: Type.Array(Judged, { description: 'What would become of each entry that is in if the round ended now' }),
  items: Type.Array(RoundStep, { description: 'What was done, the latest first' }),
  next: nullable(Type.String()),
});
export type Rounds = Static<typeof Rounds>;

export const RoundAction = Type.Object(
  {
    action: Type.Enum(['advance', 'freeze', 'undo'], {
      description:
        'End the round; hold it, so that later votes count for the next one; take the last step back, also a deadline',
    }),
    round: Type.Optional(
      Type.Integer({ minimum: 1, description: 'The round that is meant: refused where another goes on' }),
    ),
  },
  { additionalProperties: false },
);
export type RoundAction = Static<typeof RoundAction>;

/** The year 1: no table holds what was before. */
const timeMsMin = Date.parse('0001-01-01T00:00:00Z');

/** Throws a 422 problem where the contest can't be narrowed so. */
export function planOf(given: Static<typeof Narrowing> | null, mode: Mode): Plan | null {
  if (given === null) return null;
  const { method, confidence = 0.95, deadlines = [] } = given;
  if (method === 'elimination' && !isEliminationMode(mode)) {
    const message = 'can’t be elimination: what trends has no order that votes could make sure of';
    throw invalidBody([{ field: 'narrowing.method', message }]);
  }
  const times = deadlines.map((deadline) => Date.parse(deadline));
  // Also what is no time: nothing is above or below that.
  const isAscending = times.every((time, i) => time > (times[i - 1] ?? timeMsMin));
  if (!isAscending)
    throw invalidBody([{ field: 'narrowing.deadlines', message: 'must be RFC 3339 times, each after the one before' }]);
  return { method, confidence, deadlines: times };
}

export const planWire = (plan: Plan | null): Required<Static<typeof Narrowing>> | null =>
  plan && { ...plan, deadlines: plan.deadlines.map(iso) };

export function stepWire({ at, takenAt, undoneAt, actor, judged, ...step }: StoredStep): RoundStep {
  return {
    ...step,
    at: iso(at),
    takenAt: iso(takenAt),
    by: actor,
    undoneAt: undoneAt === null ? null : iso(undoneAt),
    entries: [...judged],
  };
}

export const iso = (ms: number): string => new Date(ms).toISOString();
