import { decodeEvent, type EventDefaults, type EventType, encodeEvent } from '#libs/events';
import type { Reject } from '#libs/parsers';
import type { Batch } from '../batch.js';

/** Reads one CloudEvent, as bytes or as the object that JSON was parsed into, and puts it into the batch. */
export function takeEvent(batch: Batch, event: Buffer | object | string, index: number, defaults: EventDefaults): void {
  // Text inside of a JSON array is no line to be parsed once more.
  const decoded = typeof event === 'string' ? notObject : decodeEvent(event, defaults);
  const item = () => (Buffer.isBuffer(event) ? event : JSON.stringify(event));
  if (decoded.kind === 'reject') {
    batch.reject(decoded, index, item());
  } else if (decoded.type.internal) {
    batch.reject(internalType(decoded.type), index, item());
  } else {
    const { type, timeMs, key, unchanged } = decoded;
    const value = unchanged && Buffer.isBuffer(event) ? event : encodeEvent(decoded.event);
    batch.accept({ type, timeMs, key, value }, index, value);
  }
}

const notObject: Reject = {
  kind: 'reject',
  code: 'EVENT_NOT_OBJECT',
  field: '',
  reason: 'the event is text, not a JSON object: send the object itself',
};

function internalType({ name }: EventType): Reject {
  const reason = `type ${name} is written by Weir alone: choose another type`;
  return { kind: 'reject', code: 'EVENT_TYPE_INTERNAL', field: 'type', reason };
}
