import Type, { type Static } from 'typebox';
import { defineEventType } from '../event-type.js';
import { count, integer, ip, millis, name, text } from '../fields.js';

const schema = Type.Object({
  /** Whoever is to be rated: the API key, the user or, failing both, the ip. */
  client: name,
  service: Type.Optional(text),
  host: Type.Optional(text),
  user: Type.Optional(text),
  ip: Type.Optional(ip),
  method: Type.Optional(text),
  route: Type.Optional(text),
  /** Without the query. */
  path: Type.Optional(text),
  /** Without the question mark. */
  query: Type.Optional(text),
  status: Type.Optional(integer),
  durationMs: Type.Optional(millis),
  bytes: Type.Optional(count),
  userAgent: Type.Optional(text),
  referrer: Type.Optional(text),
});

/** One call of a service over HTTP or RPC. */
export type ApiCall = Static<typeof schema>;

export const apiCall = defineEventType({
  name: 'api.call',
  schema,
  key: (data) => data.client,
  actor: (data) => data.client,
});
