import Type, { type Static } from 'typebox';
import { defineEventType } from '../event-type.js';
import { ip, text } from '../fields.js';

const schema = Type.Object({
  outcome: Type.Enum(['success', 'failure']),
  /** The name that was tried, which may be empty. */
  user: Type.Optional(text),
  ip,
  service: Type.Optional(text),
  host: Type.Optional(text),
  /** How: `password`, `publickey`, `otp`, … */
  method: Type.Optional(text),
  /** Why it failed, in the service's words. */
  reason: Type.Optional(text),
});

/** An attempt to sign in. */
export type Login = Static<typeof schema>;

export const login = defineEventType({
  name: 'login',
  schema,
  key: (data) => data.ip,
  actor: (data) => data.user || data.ip,
});
