import Type, { type Static } from 'typebox';
import { defineEventType } from '../event-type.js';
import { name, text } from '../fields.js';

const schema = Type.Object({
  contest: name,
  entry: name,
  /** Whose entry it is. */
  actor: Type.Optional(text),
  title: Type.Optional(text),
  state: Type.Optional(text),
});

/** Something takes part in a contest, or changes. */
export type ContestEntry = Static<typeof schema>;

export const contestEntry = defineEventType({
  name: 'contest.entry',
  schema,
  key: (data) => data.contest,
  actor: (data) => data.actor,
});
