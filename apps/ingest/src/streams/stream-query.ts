import { eventTypeOf, eventTypes } from '#libs/events';
import { Problem } from '../../../platform/src/index.js';

/** What the lines of a stream don't say themselves; see `StreamContext` of libs/parsers. */
export interface StreamQuery {
  source?: string;
  /** Byte offset of the body in the file that it is a part of. */
  position?: number;
  type?: string;
  year?: number;
  zoneMinutes?: number;
}

const sourceBytesMax = 2_048;

const names = ['source', 'position', 'type', 'year', 'zone'] as const;

/** Throws a 400 problem that names what is wrong. */
export function parseStreamQuery(query: Record<string, unknown>): StreamQuery {
  for (const [name, value] of Object.entries(query)) {
    if (!(names as readonly string[]).includes(name))
      throw wrong(name, `is not known here; there are ${names.join(', ')}`);
    if (typeof value !== 'string') throw wrong(name, 'was given more than once');
  }
  const { source, position, type, year, zone } = query as Partial<Record<(typeof names)[number], string>>;
  if (source !== undefined && !(isUriReference(source) && source.length <= sourceBytesMax)) {
    throw wrong('source', `must be a URI-reference of at most ${sourceBytesMax} characters, such as file:abc`);
  }
  if (type !== undefined && (eventTypeOf(type)?.internal ?? true)) {
    const open = eventTypes.filter((known) => !known.internal).map((known) => known.name);
    throw wrong('type', `must be one of ${open.join(', ')}`);
  }
  if (position !== undefined && source === undefined) throw wrong('position', 'needs a source that names the file');
  return {
    source,
    position: position === undefined ? undefined : integer('position', position, 0, Number.MAX_SAFE_INTEGER),
    type,
    year: year === undefined ? undefined : integer('year', year, 1970, 9999),
    zoneMinutes: zone === undefined ? undefined : zoneMinutes(zone),
  };
}

const isUriReference = (text: string): boolean =>
  /^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/.test(text) && !/%(?![0-9A-Fa-f]{2})/.test(text);

function integer(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw wrong(name, `must be a whole number from ${min} to ${max}`);
}

/** Minutes east of UTC. A `+` that was not percent-encoded arrives as a space. */
function zoneMinutes(text: string): number {
  if (text === 'Z') return 0;
  const [, sign, hours, minutes] = /^([+ -])([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (sign === undefined) throw wrong('zone', 'must be Z or an offset, such as +02:00');
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function wrong(parameter: string, what: string): Problem {
  return new Problem(400, 'PARAMETER_INVALID', `${parameter} ${what}.`, { parameter });
}
