import Type, { type Static } from 'typebox';
import { defineEventType } from '../event-type.js';
import { name } from '../fields.js';

const schema = Type.Object({
  contest: name,
  voter: name,
  /** In the order in which they were shown. */
  shown: Type.Array(name, { minItems: 1 }),
});

/** A voter was shown entries to choose from. */
export type Exposure = Static<typeof schema>;

export const exposure = defineEventType({
  name: 'exposure',
  schema,
  key: (data) => `${data.contest}\n${data.voter}`,
  actor: (data) => data.voter,
});
