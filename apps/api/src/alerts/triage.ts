import Type, { type Static } from 'typebox';
import { SELECTION_ALERTS_MAX, type Selection, type TriageStep, triageStatuses, verdicts } from '#libs/storage';
import { type FieldProblem, invalidBody } from '../http/problems.js';
import { filterOf, filters, Nullable } from './alert.js';

const text = (maxLength: number, description: string) => Type.String({ minLength: 1, maxLength, description });

const step = {
  status: Type.Optional(
    Type.Enum([...triageStatuses], { description: '`acknowledged`; `closed`, with a reason; `new` opens it again' }),
  ),
  owner: Type.Optional(Nullable(text(200, 'Who takes care of it; null: nobody'))),
  verdict: Type.Optional(Nullable(Type.Enum([...verdicts], { description: 'Whether it was right; null: undecided' }))),
  reason: Type.Optional(text(1000, 'Why it is closed')),
  note: Type.Optional(text(10_000, 'Is added to the history')),
};

export const Step = Type.Object(step, { additionalProperties: false });

export const BulkStep = Type.Object(
  {
    ids: Type.Optional(Type.Array(text(1000, 'The id of an alert'), { minItems: 1, maxItems: SELECTION_ALERTS_MAX })),
    filter: Type.Optional(
      Type.Object(filters, { additionalProperties: false, description: 'Those that a list with it shows' }),
    ),
    dryRun: Type.Optional(Type.Boolean({ description: 'Only count them, up to 10,000' })),
    ...step,
  },
  { additionalProperties: false },
);

export const BulkAnswer = Type.Object({
  dryRun: Type.Boolean(),
  matched: Type.Integer({ description: 'Alerts of the selection' }),
  changed: Type.Integer({ description: 'Of these, those that were not so before' }),
  unknown: Type.Array(Type.String(), { description: 'Ids that are no alert’s' }),
});
export type BulkAnswer = Static<typeof BulkAnswer>;

export const History = Type.Object({
  items: Type.Array(
    Type.Object({
      change: Type.Integer({ description: 'Grows with every step about any alert' }),
      alert: Type.String({ description: 'The alert it was about: this one, or one that was merged into it' }),
      actions: Type.Array(
        Type.Enum([
          'acknowledged',
          'unacknowledged',
          'closed',
          'reopened',
          'assigned',
          'unassigned',
          'marked',
          'unmarked',
          'noted',
        ]),
      ),
      status: Type.Enum([...triageStatuses], { description: 'From then on, as all that follows' }),
      owner: Nullable(Type.String()),
      verdict: Nullable(Type.Enum([...verdicts])),
      reason: Nullable(Type.String()),
      note: Nullable(Type.String()),
      actor: Type.String({ description: 'The id of a key' }),
      at: Type.String({ format: 'date-time' }),
    }),
  ),
  next: Type.Null(),
});

/** Throws a 422 problem where the fields do not go together. */
export function stepOf({ status, owner, verdict, reason, note }: Static<typeof Step>): TriageStep {
  const given = { status, owner, verdict, reason, note };
  const problems: FieldProblem[] = [];
  if (Object.values(given).every((value) => value === undefined)) {
    problems.push({ field: '', message: 'must have at least one of status, owner, verdict and note' });
  }
  if (status === 'closed' && reason === undefined) problems.push({ field: 'reason', message: 'is missing: say why' });
  if (status !== 'closed' && reason !== undefined) {
    problems.push({ field: 'reason', message: 'belongs to the status closed; a note takes any text' });
  }
  if (problems.length > 0) throw invalidBody(problems);
  return given;
}

/** Throws a 422 problem unless there is one of the two. */
export function selectionOf({ ids, filter }: Static<typeof BulkStep>): Selection {
  const problems = (['since', 'until'] as const)
    .filter((name) => Number.isNaN(Date.parse(filter?.[name] ?? '2026-01-31T12:00:00Z')))
    .map((name) => ({ field: `filter.${name}`, message: 'must be an RFC 3339 time such as 2026-01-31T12:00:00Z' }));
  if (problems.length > 0) throw invalidBody(problems);
  if (ids && !filter) return { ids };
  if (filter && !ids) return { filter: filterOf(filter) };
  throw invalidBody([{ field: '', message: 'must have either ids or filter' }]);
}
