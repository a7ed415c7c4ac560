import Type, { type Static } from 'typebox';
import { defineEventType } from '../event-type.js';
import { name, text } from '../fields.js';

const schema = Type.Object({
  actor: name,
  /** The event that is taken back. */
  ref: Type.Object({ source: name, id: name }),
  reason: Type.Optional(text),
});

/** Somebody takes an earlier event back. */
export type Retract = Static<typeof schema>;

export const retract = defineEventType({
  name: 'retract',
  schema,
  key: (data) => data.actor,
  actor: (data) => data.actor,
});
