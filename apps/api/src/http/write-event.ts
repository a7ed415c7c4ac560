import Type, { type Static } from 'typebox';
import { decodeEvent, encodeEvent } from '#libs/events';
import type { Log } from '#libs/log';
import { invalidBody } from './problems.js';

/** The event that a request became. */
export const Written = Type.Object({
  source: Type.String(),
  id: Type.String(),
  time: Type.String({ format: 'date-time' }),
});
export type Written = Static<typeof Written>;

/** Writes an event; resolves when the log has it. Throws a 422 problem where it is no event of that type. */
export async function writeEvent(
  log: Log,
  { source, id, time }: Written,
  type: string,
  data: Readonly<Record<string, unknown>>,
): Promise<Written> {
  const decoded = decodeEvent({ specversion: '1.0', id, source, type, time, data });
  if (decoded.kind === 'reject') {
    const field = decoded.field.replace(/^data\.?/, '');
    throw invalidBody([{ field, message: decoded.reason.slice(decoded.reason.indexOf(' ') + 1) }]);
  }
  const { key, timeMs, event } = decoded;
  await log.append(type, [{ key: Buffer.from(key), time: timeMs, value: encodeEvent(event) }]);
  return { source, id, time };
}
