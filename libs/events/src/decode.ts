import { isUtf8 } from 'node:buffer';
import { eventTypeOf } from './catalogue.js';
import type { CloudEvent } from './cloud-event.js';
import type { EventType } from './event-type.js';
import { attributeBytesMax, exceedsBytes } from './limits.js';
import { type ShapeProblem, shapeProblem } from './shape.js';
import { parseTime } from './time.js';

/** What a source supplies for events that lack it. Without defaults nothing may be missing. */
export interface EventDefaults {
  /** A fresh, or derived, id. */
  id(): string;
  source: string;
  /** Type of events that name none. */
  type?: string;
  /** Stands in for `time`; milliseconds since the epoch. */
  receivedAt: number;
}

export type RejectCode =
  | 'EVENT_NOT_JSON'
  | 'EVENT_NOT_OBJECT'
  | 'EVENT_ATTRIBUTE_INVALID'
  | 'EVENT_TYPE_UNKNOWN'
  | 'EVENT_TIME_INVALID'
  | 'EVENT_DATA_INVALID'
  | ShapeProblem['code'];

export interface Rejected {
  kind: 'reject';
  code: RejectCode;
  /** Path of the field at fault, such as `data.ip`; empty where it is the whole line. */
  field: string;
  /** A sentence that names the field and says what to do. */
  reason: string;
}

export interface DecodedEvent {
  kind: 'ok';
  type: EventType;
  event: CloudEvent;
  /** `event.time` in milliseconds since the epoch. */
  timeMs: number;
  /** Partition key. */
  key: string;
  /** The input can be stored as it came: it is the event, in valid UTF-8, on one line. */
  unchanged: boolean;
}

export type Decoded = DecodedEvent | Rejected;

type Attributes = Record<string, unknown>;

/**
 * Reads one event: a line of JSON, or an object that JSON was parsed into (which is not modified). Checks the
 * CloudEvents attributes, the limits and the schema of its type. Never throws.
 */
export function decodeEvent(line: Buffer | string | object, defaults?: EventDefaults): Decoded {
  const isLine = typeof line === 'string' || Buffer.isBuffer(line);
  let parsed: unknown = line;
  if (isLine) {
    try {
      parsed = JSON.parse(typeof line === 'string' ? line : line.toString('utf8'));
    } catch (error) {
      return reject('EVENT_NOT_JSON', '', `the line is not JSON: ${(error as Error).message}`);
    }
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return reject('EVENT_NOT_OBJECT', '', 'the event is not a JSON object: send one object for each event');
  }
  const received = parsed as Attributes;
  const event = defaults === undefined ? received : complete(received, defaults);
  const problem = attributeProblem(event);
  if (problem !== undefined) return problem;

  const timeMs = typeof event.time === 'string' ? parseTime(event.time) : Number.NaN;
  if (Number.isNaN(timeMs)) {
    return reject('EVENT_TIME_INVALID', 'time', 'time must be RFC 3339 with a zone, such as 2026-01-15T10:00:00Z');
  }
  const type = eventTypeOf(event.type as string);
  if (type === undefined) {
    return reject('EVENT_TYPE_UNKNOWN', 'type', `type ${quoted(event.type)} is not known: see the list of event types`);
  }
  const data = isObject(event.data) ? type.prepare(event.data) : event.data;
  // What Weir wrote itself may nest events that were within the limits.
  const shape = type.internal ? undefined : shapeProblem(data, 'data', 2);
  if (shape !== undefined) return { kind: 'reject', ...shape };
  if (!type.accepts(data)) return { kind: 'reject', code: 'EVENT_DATA_INVALID', ...type.problem(data) };
  return {
    kind: 'ok',
    type,
    event: (data === event.data ? event : { ...event, data }) as CloudEvent,
    timeMs,
    key: type.key(data),
    unchanged: event === received && data === event.data && (!isLine || isOneLine(line)),
  };
}

/** The event with what it lacks; the same object where it lacks nothing. */
function complete(event: Attributes, defaults: EventDefaults): Attributes {
  const { specversion, id, source, type, time } = event;
  if (specversion != null && id != null && source != null && type != null && time != null) return event;
  return {
    ...event,
    specversion: specversion ?? '1.0',
    id: id ?? defaults.id(),
    source: source ?? defaults.source,
    type: type ?? defaults.type,
    time: time ?? new Date(defaults.receivedAt).toISOString(),
  };
}

function attributeProblem(event: Attributes): Rejected | undefined {
  if (event.specversion !== '1.0') return badAttribute('specversion', 'must be "1.0"');
  for (const name of ['id', 'source', 'type'] as const) {
    const value = event[name];
    if (typeof value !== 'string' || value === '') return badAttribute(name, 'must be a string and not empty: set it');
  }
  for (const name in event) {
    const value = event[name];
    if (typeof value === 'string') {
      if (!exceedsBytes(value, attributeBytesMax)) continue;
      return badAttribute(name, `is longer than ${attributeBytesMax} bytes: shorten it`);
    }
    if (name === 'data' || value == null || typeof value === 'boolean' || Number.isFinite(value)) continue;
    return badAttribute(name, 'must be a string, a number or a boolean: put everything else into data');
  }
  if (!isUriReference(event.source as string)) {
    return badAttribute('source', 'must be a URI-reference, such as /hosts/web-1: percent-encode other characters');
  }
  for (const name of ['subject', 'traceparent'] as const) {
    if (event[name] != null && typeof event[name] !== 'string') return badAttribute(name, 'must be a string');
  }
  if (event.datacontenttype != null && !isJsonType(event.datacontenttype)) {
    return badAttribute('datacontenttype', 'must be application/json: data is a JSON object');
  }
  return undefined;
}

const badAttribute = (name: string, what: string): Rejected =>
  reject('EVENT_ATTRIBUTE_INVALID', name, `${name} ${what}`);

const reject = (code: RejectCode, field: string, reason: string): Rejected => ({ kind: 'reject', code, field, reason });

const isObject = (value: unknown): value is Attributes =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The characters that RFC 3986 allows, and `%` only before two hex digits. */
const isUriReference = (text: string): boolean =>
  /^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/.test(text) && !(text.includes('%') && /%(?![0-9A-Fa-f]{2})/.test(text));

const isJsonType = (value: unknown): boolean =>
  typeof value === 'string' && /^[\w.-]+\/(?:json|[\w.-]+\+json)\s*(?:;|$)/i.test(value);

const isOneLine = (line: unknown): boolean =>
  typeof line === 'string' ? !line.includes('\n') : Buffer.isBuffer(line) && isUtf8(line) && !line.includes(10);

const quoted = (value: unknown): string => JSON.stringify(String(value).slice(0, 80));
