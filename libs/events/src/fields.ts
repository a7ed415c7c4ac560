import { isIP } from 'node:net';
import Type from 'typebox';

/** Building blocks of the schemas: what a field may hold, and what its sender is told otherwise. */

/** Any text, also the empty one. */
export const text = Type.String();

/** A name that things are counted or partitioned by: never empty. */
export const name = Type.String({ minLength: 1 });

/** IPv4 or IPv6 in textual form, kept as sent. */
export const ip = Type.Refine(Type.String(), isAddress, () => 'must be an IPv4 or IPv6 address, such as 192.0.2.7');

/** A day of the calendar, `2026-03-02`: without a time, so that all who name one day write the same. */
export const day = Type.Refine(Type.String(), isDay, () => 'must be a day, such as 2026-03-02');

export const number = Type.Number();
export const integer = Type.Integer();

/** A whole number from 0 on. */
export const count = Type.Integer({ minimum: 0 });

/** A duration in milliseconds. */
export const millis = Type.Number({ minimum: 0 });

export const texts = Type.Array(Type.String());
export const attributes = Type.Record(Type.String(), Type.Unknown());

function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** Whether the text is an IPv4 or IPv6 address. */
export function isAddress(address: string): boolean {
  return isIP(address) !== 0;
}
