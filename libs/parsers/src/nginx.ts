import { apiCall, isAddress, parseTime } from '#libs/events';
import { splitLines, textOf } from './lines.js';
import { monthOf } from './months.js';
import { type LineParser, nothing, type Outcome, reject } from './parser.js';

/**
 * Access log lines in nginx's (and Apache's) combined format, each an `api.call`:
 *
 *     ip - user [15/Jan/2026:10:00:00 +0000] "GET /path?query HTTP/1.1" 200 512 "referrer" "agent"
 *
 * with `$request_time` (seconds) and a quoted x-forwarded-for after it, where they are logged. The client is the user
 * or, failing that, the address. A request that is none still gives an event, with its text in `request`.
 *
 * The JSON is put together as text: an object for each line and its serialization would cost twice as much.
 */
export const nginx: LineParser = {
  stream: 'nginx',
  kind: 'line',
  split: splitLines,
  open(context) {
    const head = `{"specversion":"1.0","source":${JSON.stringify(context.source)},"type":"api.call","id":`;
    let stamp = '';
    let time = '';
    let timeMs = Number.NaN;
    return (line, position): Outcome => {
      const text = textOf(line);
      if (typeof text !== 'string') return text;
      if (text === '') return nothing;

      const remoteEnd = text.indexOf(' ');
      const identEnd = text.indexOf(' ', remoteEnd + 1);
      const stampEnd = text.indexOf('] "');
      const stampStart = stampEnd - stampLength;
      if (remoteEnd < 0 || identEnd < 0 || stampStart < identEnd + 3 || text[stampStart - 1] !== '[') return malformed;

      // Neighbouring lines mostly share their second.
      if (!text.startsWith(stamp, stampStart) || stamp === '') {
        stamp = text.slice(stampStart, stampEnd);
        time = rfc3339(stamp);
        timeMs = parseTime(time);
      }
      if (Number.isNaN(timeMs)) return badTime;

      const remote = text.slice(0, remoteEnd);
      const user = known(text.slice(identEnd + 1, stampStart - 2));
      const client = user ?? remote;
      const rest = afterStamp(text, stampEnd + 2);
      if (rest === undefined) return malformed;
      const quoted = JSON.stringify(remote);
      const ip = isAddress(remote) ? `,"ip":${quoted}` : '';
      const data = `{"client":${user === undefined ? quoted : JSON.stringify(user)}${member('user', user)}${ip}${rest}}`;
      const json = `${head}${JSON.stringify(context.id(position, 0))},"time":"${time}","data":${data}}`;
      return { kind: 'events', events: [{ type: apiCall, timeMs, key: client, value: Buffer.from(json) }] };
    };
  },
};

const stampLength = '15/Jan/2026:10:00:00 +0000'.length;

const malformed = reject(
  'NGINX_LINE_INVALID',
  'the line is not in the combined format: log with nginx\'s predefined "combined", or choose another stream',
);
const badTime = reject(
  'NGINX_TIME_INVALID',
  'the time is not such as [15/Jan/2026:10:00:00 +0000]: log $time_local',
  'time',
);

/** `15/Jan/2026:10:00:00 +0000` → `2026-01-15T10:00:00+00:00`. */
function rfc3339(stamp: string): string {
  const month = String(monthOf(stamp.slice(3, 6))).padStart(2, '0');
  const date = `${stamp.slice(7, 11)}-${month}-${stamp.slice(0, 2)}`;
  return `${date}T${stamp.slice(12, 20)}${stamp.slice(21, 24)}:${stamp.slice(24)}`;
}

/** The members of `data` that follow the time, as JSON text, each with its comma; undefined where no request ends. */
function afterStamp(text: string, requestQuote: number): string | undefined {
  const requestEnd = closingQuote(text, requestQuote);
  if (requestEnd < 0) return undefined;
  const statusEnd = tokenEnd(text, requestEnd + 2);
  const bytesEnd = tokenEnd(text, statusEnd + 1);
  const status = countMember('status', text.slice(requestEnd + 2, statusEnd));
  const bytes = countMember('bytes', text.slice(statusEnd + 1, bytesEnd));
  const members = `${requestMembers(text.slice(requestQuote + 1, requestEnd))}${status}${bytes}`;
  return members + optionalMembers(text, bytesEnd + 1);
}

/** What follows the size: quoted fields in their order, and the first number, which is the request time. */
function optionalMembers(text: string, start: number): string {
  let members = '';
  let quoted = 0;
  let duration = '';
  for (let at = start; at < text.length; ) {
    if (text[at] === '"') {
      const close = closingQuote(text, at);
      const end = close < 0 ? text.length : close;
      if (quoted < quotedNames.length) members += member(quotedNames[quoted++], known(text.slice(at + 1, end)));
      at = end + 2;
    } else {
      const end = tokenEnd(text, at);
      duration ||= durationMember(text.slice(at, end));
      at = end + 1;
    }
  }
  return members + duration;
}

const quotedNames = ['referrer', 'userAgent', 'forwardedFor'];

function requestMembers(request: string): string {
  const methodEnd = request.indexOf(' ');
  const method = request.slice(0, methodEnd);
  const protocol = request.lastIndexOf(' HTTP/');
  const target = request.slice(methodEnd + 1, protocol > methodEnd ? protocol : request.length);
  if (methodEnd < 0 || target === '' || !/^[A-Za-z][\w-]{0,31}$/.test(method)) return member('request', known(request));
  const mark = target.indexOf('?');
  if (mark < 0) return `,"method":"${method}"${member('path', unescaped(target))}`;
  const path = member('path', unescaped(target.slice(0, mark)));
  return `,"method":"${method}"${path}${member('query', unescaped(target.slice(mark + 1)))}`;
}

function member(name: string, value: string | undefined): string {
  return value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`;
}

function countMember(name: string, token: string): string {
  return /^(?:0|[1-9]\d{0,14})$/.test(token) ? `,"${name}":${token}` : '';
}

/** Seconds with a fraction → milliseconds. */
function durationMember(token: string): string {
  return /^\d{1,9}(?:\.\d{1,9})?$/.test(token) ? `,"durationMs":${Math.round(Number(token) * 1_000)}` : '';
}

/** The text of a field; undefined where nginx logs `-` for nothing. */
function known(field: string): string | undefined {
  return field === '-' || field === '' ? undefined : unescaped(field);
}

/** Undoes `\xHH` (bytes of UTF-8, as nginx writes them) and Apache's `\"`, `\\`, `\n`, `\r`, `\t`. */
function unescaped(field: string): string {
  if (!field.includes('\\')) return field;
  return field.replace(/((?:\\x[0-9A-Fa-f]{2})+)|\\(["\\nrt])/g, (_, bytes?: string, sign?: string) =>
    bytes === undefined ? (controls[sign!] ?? sign!) : Buffer.from(bytes.replaceAll('\\x', ''), 'hex').toString('utf8'),
  );
}

const controls: Record<string, string> = { n: '\n', r: '\r', t: '\t' };

/** Index of the quote that closes the one at `open`; -1 where none does. A quote after a backslash closes nothing. */
function closingQuote(text: string, open: number): number {
  let close = text.indexOf('"', open + 1);
  while (close > 0 && isEscaped(text, close)) close = text.indexOf('"', close + 1);
  return close;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}

function tokenEnd(text: string, start: number): number {
  const end = text.indexOf(' ', start);
  return end < 0 ? text.length : end;
}
