import Type, { type Static } from 'typebox';
import { defineEventType } from '../event-type.js';
import { count, name, text, texts } from '../fields.js';

const schema = Type.Object({
  actor: name,
  session: Type.Optional(text),
  query: text,
  resultCount: Type.Optional(count),
  /** The result or results that were followed, or whether any was. */
  clicked: Type.Optional(Type.Union([text, texts, Type.Boolean()])),
});

/** Somebody searched. */
export type Search = Static<typeof schema>;

export const search = defineEventType({
  name: 'search',
  schema,
  key: (data) => data.actor,
  actor: (data) => data.actor,
});
