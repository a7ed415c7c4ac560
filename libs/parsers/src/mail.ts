import PostalMime, { type Address, type Email } from 'postal-mime';
import { letterFingerprint, mailReceipt } from '#libs/events';
import { parseMailDate } from './mail-date.js';
import { mailOrigin } from './mail-origin.js';
import { splitMbox } from './mbox.js';
import { type MessageParser, nothing, type Outcome, parsedEvent, reject, type StreamContext } from './parser.js';

/** Characters kept of a header field. */
const headerCharsMax = 2_000;

/**
 * One mail (RFC 5322), a `mail.receipt`: sender from From (or Return-Path), recipients from To and Cc (or
 * Delivered-To, or Received), time from Date (or the newest Received), address and name of the server that handed it
 * over from the first external Received. The text is kept as a fingerprint only. Addresses are lower-cased.
 */
export const mail: MessageParser = {
  stream: 'mail',
  kind: 'message',
  split: (bytes) => (bytes.length === 0 ? [] : [{ start: 0, end: bytes.length }]),
  open: (context) => (message, position) => parse(message, position, context),
};

/** The mails of an mbox, or of a part of one. */
export const mbox: MessageParser = { ...mail, stream: 'mbox', split: splitMbox };

async function parse(message: Buffer, position: number, context: StreamContext): Promise<Outcome> {
  if (message.toString('latin1', 0, 1_000).trim() === '') return nothing;
  try {
    const email = await PostalMime.parse(withoutMboxLine(message));
    if (!email.headers.some(({ key }) => expected.has(key))) return noMail;
    return { kind: 'events', events: [receipt(email, message, position, context)] };
  } catch (error) {
    return reject('MAIL_UNREADABLE', `the mail cannot be read: ${(error as Error).message}`);
  }
}

const expected = new Set(['from', 'to', 'date', 'subject', 'received', 'message-id', 'return-path', 'delivered-to']);
const noMail = reject('MAIL_HEADERS_MISSING', 'the message has no mail headers: send it as RFC 5322, headers first');

function receipt(email: Email, message: Buffer, position: number, context: StreamContext) {
  const received = email.headers.filter(({ key }) => key === 'received').map(({ value }) => value);
  const origin = mailOrigin(received);
  return parsedEvent(mailReceipt, {
    id: context.id(position, 0),
    source: context.source,
    time: new Date(timeOf(email, received) ?? context.receivedAt).toISOString(),
    data: {
      messageId: clipped(email.messageId),
      sender: addresses([email.from])[0] ?? addressIn(email.returnPath) ?? '',
      recipients: recipientsOf(email, received),
      ip: origin?.ip,
      helo: clipped(origin?.helo),
      subject: clipped(email.subject),
      bytes: message.length,
      fingerprint: letterFingerprint(bodyText(email)),
    },
  });
}

function timeOf(email: Email, received: readonly string[]): number | undefined {
  const date = email.headers.find(({ key }) => key === 'date')?.value;
  // A Received header ends with its time.
  const candidates = [date ?? '', received[0]?.slice(received[0].lastIndexOf(';') + 1) ?? ''];
  return candidates.map(parseMailDate).find((millis) => !Number.isNaN(millis));
}

function recipientsOf(email: Email, received: readonly string[]): string[] {
  const named = addresses([...(email.to ?? []), ...(email.cc ?? [])]);
  if (named.length > 0) return [...new Set(named)];
  const fallback = addressIn(email.deliveredTo) ?? received.map(addressFor).find((address) => address !== undefined);
  return fallback === undefined ? [] : [fallback];
}

/** `Received: … for <somebody@example.com>; …` */
const addressFor = (received: string): string | undefined =>
  addressIn(/\bfor\s+(<[^<>\s]+>|\S+@[^\s;]+)/i.exec(received)?.[1]);

function addresses(list: readonly (Address | undefined)[]): string[] {
  return list
    .flatMap((entry) => entry?.group ?? entry ?? [])
    .map(({ address }) => clipped(address)?.toLowerCase())
    .filter((address) => address !== undefined && address !== '') as string[];
}

/** `<Somebody@Example.com>` → `somebody@example.com`; undefined where it is empty. */
const addressIn = (text: string | undefined): string | undefined =>
  clipped(text?.replace(/^\s*<|>\s*$/g, '').trim())?.toLowerCase() || undefined;

const clipped = (text: string | undefined): string | undefined => text?.slice(0, headerCharsMax);

/** The text parts and the HTML parts, without tags: a mail may call HTML plain text. */
function bodyText({ text = '', html = '' }: Email): string {
  return withoutTags(text + html);
}

/** In one pass: a pattern such as `<[^>]*>` takes quadratic time on a body of `<`. */
function withoutTags(html: string): string {
  let text = '';
  let at = 0;
  for (let open = html.indexOf('<'); open >= 0; open = html.indexOf('<', at)) {
    const close = html.indexOf('>', open);
    if (close < 0) break;
    text += html.slice(at, open);
    at = close + 1;
  }
  return text + html.slice(at);
}

/** An mbox puts a line `From sender date` before each mail. */
function withoutMboxLine(message: Buffer): Buffer {
  if (message.toString('latin1', 0, 5) !== 'From ') return message;
  const feed = message.indexOf(10);
  return message.subarray(feed < 0 ? message.length : feed + 1);
}
