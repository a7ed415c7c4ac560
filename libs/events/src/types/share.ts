import Type, { type Static } from 'typebox';
import { defineEventType } from '../event-type.js';
import { name, text, texts } from '../fields.js';

const schema = Type.Object({
  actor: name,
  object: Type.Object({
    id: name,
    type: Type.Optional(text),
    url: Type.Optional(text),
    title: Type.Optional(text),
  }),
  /** The share that this one re-shares. */
  via: Type.Optional(text),
  audience: Type.Optional(Type.Union([text, texts])),
  text: Type.Optional(text),
});

/** Somebody passed something on to others. */
export type Share = Static<typeof schema>;

export const share = defineEventType({
  name: 'share',
  schema,
  key: (data) => data.actor,
  actor: (data) => data.actor,
});
