import { afterLastLine, beforeLastMail, type Cut } from './chunks.js';

/** How files are read: the stream that names the parser, and what the lines themselves don't say. */
export interface Reading {
  stream: string;
  /** ndjson: the event type of objects that are not CloudEvents. */
  type?: string;
  /** Year of the first line, where lines have none. */
  year?: number;
  /** Zone of times without one, as `+02:00`. */
  zone?: string;
  /** Event times are moved so that the newest becomes now. */
  shiftToNow: boolean;
}

/** The same text for the same way of reading. */
export function readingName({ stream, type, year, zone, shiftToNow }: Reading): string {
  return JSON.stringify([stream, type ?? null, year ?? null, zone ?? null, shiftToNow]);
}

export function cutOf({ stream }: Reading): Cut {
  return stream === 'mbox' ? beforeLastMail : afterLastLine;
}

export function contentTypeOf({ stream, shiftToNow }: Reading): string {
  return stream === 'ndjson' || shiftToNow ? 'application/x-ndjson' : 'text/plain';
}

/** Minutes east of UTC; undefined where no zone was given. */
export function zoneMinutesOf({ zone }: Reading): number | undefined {
  if (zone === undefined || zone === 'Z') return zone === undefined ? undefined : 0;
  const [, sign, hours, minutes] = /^([+-])(\d\d):(\d\d)$/.exec(zone)!;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
