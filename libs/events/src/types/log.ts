import Type, { type Static } from 'typebox';
import { defineEventType } from '../event-type.js';
import { attributes, name, text } from '../fields.js';

const schema = Type.Object({
  service: name,
  host: Type.Optional(text),
  severity: Type.Optional(text),
  body: text,
  attributes: Type.Optional(attributes),
});

/** A line of a log that no other type describes. */
export type Log = Static<typeof schema>;

export const log = defineEventType({
  name: 'log',
  schema,
  key: (data) => `${data.service}\n${data.host ?? ''}`,
  actor: () => undefined,
});
