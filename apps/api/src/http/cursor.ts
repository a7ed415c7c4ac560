import type { Static, TSchema } from 'typebox';
import { Check } from 'typebox/value';
import { invalidQuery } from './problems.js';

/** Cursors are opaque to clients: what they hold may change between versions. */
export function encodeCursor(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** What `encodeCursor` put in. Throws a 400 problem naming the field when it is not one of this route's. */
export function decodeCursor<T extends TSchema>(
  schema: T,
  cursor: string,
  field = 'cursor',
  answered = 'next',
): Static<T> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    value = undefined;
  }
  if (!Check(schema, value)) {
    const message = `is not a ${field} of this route; pass \`${answered}\` as it was answered`;
    throw invalidQuery([{ field, message }]);
  }
  return value as Static<T>;
}
