import Type, { type Static } from 'typebox';
import { defineEventType } from '../event-type.js';
import { ip, millis, name, text } from '../fields.js';

const schema = Type.Object({
  actor: name,
  session: Type.Optional(text),
  url: Type.Optional(text),
  referrer: Type.Optional(text),
  ip: Type.Optional(ip),
  userAgent: Type.Optional(text),
  /** How long the page stayed open. */
  dwellMs: Type.Optional(millis),
});

/** Somebody looked at a page. */
export type PageView = Static<typeof schema>;

export const pageView = defineEventType({
  name: 'page.view',
  schema,
  key: (data) => data.actor,
  actor: (data) => data.actor,
});
