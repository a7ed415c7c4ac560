import Type, { type Static } from 'typebox';
import { defineEventType } from '../event-type.js';
import { name } from '../fields.js';

const schema = Type.Object({
  actor: name,
  /** Id of the object that the feed showed. */
  item: name,
  /** `show` takes `hide` back, `more` takes `less` back; beyond that it says that its sharer is welcome. */
  kind: Type.Enum(['seen', 'open', 'hide', 'show', 'less', 'more']),
  /** Whose share it is about; without it nobody is thought the better or the worse of. */
  sharer: Type.Optional(name),
});

/** What somebody made of an item of their feed. */
export type Feedback = Static<typeof schema>;

export const feedback = defineEventType({
  name: 'feedback',
  schema,
  key: (data) => data.actor,
  actor: (data) => data.actor,
});
