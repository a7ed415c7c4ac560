import { decodeEvent, type EventDefaults, encodeEvent } from '#libs/events';
import { splitLines } from './lines.js';
import { type LineParser, nothing, type Outcome, reject, type StreamContext } from './parser.js';

type Fields = Record<string, unknown>;

/**
 * One CloudEvent a line. Where the caller names a type, also bare objects of that type: their fields are the `data`,
 * and the first of `time`, `ts`, `timestamp`, `@timestamp` (RFC 3339, or seconds or milliseconds since 1970) is the
 * time. In a bare `api.call`, `ua` stands for `userAgent`, `client` is by default the user or else the ip, and a query
 * is cut off the path, as access logs are read.
 */
export const ndjson: LineParser = {
  stream: 'ndjson',
  kind: 'line',
  split: splitLines,
  open(context) {
    let position = 0;
    const defaults: EventDefaults = {
      id: () => context.id(position, 0),
      source: context.source,
      receivedAt: context.receivedAt,
      type: context.type,
    };
    return (line, at) => {
      position = at;
      return parse(line, context, defaults);
    };
  },
};

function parse(line: Buffer | string, context: StreamContext, defaults: EventDefaults): Outcome {
  if (line.length === 0 || isBlank(line)) return nothing;
  const bare = context.type === undefined ? undefined : bareObject(line);
  const decoded = decodeEvent(bare === undefined ? line : wrap(bare, context.type!), defaults);
  if (decoded.kind === 'reject') return decoded;
  const { type, timeMs, key, event, unchanged } = decoded;
  if (type.internal) {
    return reject('EVENT_TYPE_INTERNAL', `type ${type.name} is written by Weir alone: choose another type`, 'type');
  }
  return {
    kind: 'events',
    events: [{ type, timeMs, key, value: unchanged && bare === undefined ? bytesOf(line) : encodeEvent(event) }],
  };
}

/** The object on the line, unless it is a CloudEvent or no object at all. */
function bareObject(line: Buffer | string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(typeof line === 'string' ? line : line.toString('utf8'));
    const isBare = typeof value === 'object' && value !== null && !Array.isArray(value) && !('specversion' in value);
    return isBare ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

const timeNames = ['time', 'ts', 'timestamp', '@timestamp'];

function wrap(bare: Fields, type: string): Fields {
  const timeName = timeNames.find((name) => bare[name] != null);
  const { [timeName ?? '']: time, ...data } = bare;
  return { time: rfc3339(time), data: type === 'api.call' ? apiCallFields(data) : data };
}

/** Numbers become RFC 3339; everything else is left to the check of the event. */
function rfc3339(time: unknown): unknown {
  if (typeof time !== 'number') return time;
  const millis = Math.abs(time) < 1e11 ? time * 1_000 : time;
  return Math.abs(millis) < 8.64e15 ? new Date(millis).toISOString() : time;
}

function apiCallFields({ ua, ...data }: Fields): Fields {
  if (ua !== undefined) data.userAgent ??= ua;
  data.client ??= data.user ?? data.ip;
  const mark = typeof data.path === 'string' && data.query === undefined ? data.path.indexOf('?') : -1;
  if (mark >= 0) {
    data.query = (data.path as string).slice(mark + 1);
    data.path = (data.path as string).slice(0, mark);
  }
  return data;
}

const isBlank = (line: Buffer | string): boolean =>
  (typeof line === 'string' ? line.charCodeAt(0) : line[0]) <= 32 && line.toString().trim() === '';

const bytesOf = (line: Buffer | string): Buffer => (typeof line === 'string' ? Buffer.from(line) : line);
