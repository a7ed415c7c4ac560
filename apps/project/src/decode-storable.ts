import { decodeEvent } from '#libs/events';
import type { Unreadable } from './put-aside.js';

/** What tables are made of: an event of one of their topics, whose schema was checked. `at`: ms. */
interface TopicEvent {
  source: string;
  id: string;
  at: number;
  type: string;
  data: unknown;
}

export type Decoded<E> = { kind: 'ok'; event: E } | ({ kind: 'unreadable' } & Unreadable);

/** UTF-8 bytes of the names that a row is found by, together: an index of PostgreSQL's holds no more than 2,700. */
const keyBytesMax = 2_600;
/** RFC 3339 knows a year 0, PostgreSQL does not. */
const timeMsMin = Date.parse('0001-01-01T00:00:00Z');

/**
 * Reads a record of a topic, and makes sure that the tables can hold it: `namesOf` are the names that its row is found by,
 * `code` says that they can't.
 */
export function decodeStorable<E extends TopicEvent>(
  value: Buffer,
  topic: string,
  code: string,
  namesOf: (event: E) => readonly string[],
): Decoded<E> {
  const decoded = decodeEvent(value);
  if (decoded.kind === 'reject') return { ...decoded, kind: 'unreadable' };
  const { type, event, timeMs } = decoded;
  if (type.name !== topic) {
    const reason = `type is ${type.name}: only events of type ${topic} belong on this topic`;
    return { kind: 'unreadable', code: 'EVENT_TYPE_UNEXPECTED', field: 'type', reason };
  }
  const { source, id, data } = event;
  // The schema of its type was checked.
  const read = { source, id, at: timeMs, type: topic, data } as unknown as E;
  if (timeMs < timeMsMin) {
    return { kind: 'unreadable', code, field: 'time', reason: 'time is before the year 1: no table can hold it' };
  }
  const keyBytes = namesOf(read).reduce((sum, name) => sum + Buffer.byteLength(name), 0);
  if (keyBytes <= keyBytesMax) return { kind: 'ok', event: read };
  const reason = `the names in data, source and id are longer than ${keyBytesMax} bytes together: shorten them`;
  return { kind: 'unreadable', code, field: 'data', reason };
}
