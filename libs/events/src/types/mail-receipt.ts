import Type, { type Static } from 'typebox';
import { defineEventType } from '../event-type.js';
import { count, integer, ip, millis, number, text, texts } from '../fields.js';
import { letterFingerprint } from '../fingerprint.js';

const schema = Type.Object({
  messageId: Type.Optional(text),
  /** Empty for bounces. */
  sender: text,
  /** All of them: one receipt, however many recipients. */
  recipients: texts,
  ip: Type.Optional(ip),
  helo: Type.Optional(text),
  /** The server's verdict, as an SMTP code or a word. */
  status: Type.Optional(Type.Union([text, integer])),
  action: Type.Optional(text),
  score: Type.Optional(number),
  subject: Type.Optional(text),
  bytes: Type.Optional(count),
  /** Equal for mails with the same letters; see `letterFingerprint`. */
  fingerprint: Type.Optional(text),
  delayMs: Type.Optional(millis),
});

/** A mail server received a mail. */
export type MailReceipt = Static<typeof schema>;

export const mailReceipt = defineEventType({
  name: 'mail.receipt',
  schema,
  key: (data) => data.sender,
  actor: (data) => data.sender || undefined,
  prepare: keepNoBody,
});

/** A `body` is read for its fingerprint and not kept. */
function keepNoBody(data: Record<string, unknown>): Record<string, unknown> {
  if (typeof data.body !== 'string') return data;
  const { body, ...kept } = data;
  return { ...kept, fingerprint: data.fingerprint ?? letterFingerprint(data.body) };
}
