import Type, { type Static } from 'typebox';
import { defineEventType } from '../event-type.js';
import { name } from '../fields.js';

const schema = Type.Object({
  actor: name,
  kind: Type.Enum(['follow', 'mute', 'block']),
  target: name,
  state: Type.Enum(['on', 'off']),
});

/** Somebody follows, mutes or blocks somebody, or no longer does. */
export type Relation = Static<typeof schema>;

export const relation = defineEventType({
  name: 'relation',
  schema,
  key: (data) => data.actor,
  actor: (data) => data.actor,
});
