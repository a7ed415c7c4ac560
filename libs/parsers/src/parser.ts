import { type EventType, encodeEvent, parseTime } from '#libs/events';

/** What is known about a stream of lines or messages beside its bytes. */
export interface StreamContext {
  /** The CloudEvents `source` of events that name none, such as `file:<fingerprint>`. */
  source: string;
  /** Id of the `k`-th event (from 0) of the unit at `position`; see `positionId`. */
  id(position: number, k: number): string;
  /** Stands in for times that are missing; also tells which year a line without one is of. Milliseconds. */
  receivedAt: number;
  /** ndjson: the event type of objects that are not CloudEvents. */
  type?: string;
  /** sshd: year of the stream's first line. Default: the newest year in which a line is not in the future. */
  year?: number;
  /** sshd: minutes east of UTC of times without a zone. Default 0. */
  zoneMinutes?: number;
}

/** Ids from where a unit lies in its file: the same file gives the same ids again. */
export const positionId = (position: number, k: number): string => (k === 0 ? `${position}` : `${position}#${k}`);

/** An event that is ready for the log. */
export interface ParsedEvent {
  type: EventType;
  /** Event time, milliseconds since the epoch. */
  timeMs: number;
  /** Partition key. */
  key: string;
  /** The event as one line of JSON. */
  value: Buffer;
}

/** What became of a unit. An empty line is no event and no reject. */
export type Outcome = { kind: 'events'; events: ParsedEvent[] } | Reject;

export interface Reject {
  kind: 'reject';
  code: string;
  /** The field at fault, such as `data.ip`; empty where it is the whole unit. */
  field: string;
  /** A sentence with what to do. */
  reason: string;
}

/** Where a unit lies in the bytes it was split from: [start, end). */
export interface Unit {
  start: number;
  end: number;
}

interface ParserBase {
  /** Name of the stream: `POST /api/v1/ingest/{stream}`, `weir ingest --as`. */
  readonly stream: string;
  /** Splits bytes into units, in order. The last one may be cut short where more bytes follow: split again from its start. */
  split(bytes: Buffer): Unit[];
}

/** Reads a stream line by line. Never throws. */
export interface LineParser extends ParserBase {
  readonly kind: 'line';
  /** A function for one stream, to be called with its lines in order; it may remember what came before. */
  open(context: StreamContext): (line: Buffer | string, position: number) => Outcome;
}

/** Reads a stream message by message. Never rejects. */
export interface MessageParser extends ParserBase {
  readonly kind: 'message';
  open(context: StreamContext): (message: Buffer, position: number) => Promise<Outcome>;
}

export type Parser = LineParser | MessageParser;

export const nothing: Outcome = { kind: 'events', events: [] };

export const reject = (code: string, reason: string, field = ''): Reject => ({ kind: 'reject', code, field, reason });

interface EventParts {
  id: string;
  source: string;
  time: string;
  data: Record<string, unknown>;
}

/** An event made by a parser. `event.time` is RFC 3339 and `data` is as `type` has it. */
export function parsedEvent(type: EventType, event: EventParts): ParsedEvent {
  const { id, source, time, data } = event;
  return {
    type,
    timeMs: parseTime(time),
    key: type.key(data),
    value: encodeEvent({ specversion: '1.0', id, source, type: type.name, time, data }),
  };
}
