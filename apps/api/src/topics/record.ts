import Type, { type Static } from 'typebox';
import type { RecordBatch } from '#libs/log';

/** One record of the log. Either `value` (it is JSON) or `valueBase64` (it is not); the key alike, as text. */
export const Record = Type.Object({
  partition: Type.Integer(),
  offset: Type.Integer(),
  time: Type.String({ format: 'date-time', description: 'Event time' }),
  recordedAt: Type.String({ format: 'date-time' }),
  key: Type.Union([Type.String(), Type.Null()]),
  keyBase64: Type.Optional(Type.String({ description: 'A key that is not UTF-8; `key` is null then' })),
  value: Type.Optional(Type.Unknown({ description: 'The JSON value' })),
  valueBase64: Type.Optional(Type.String({ description: 'A value that is not JSON' })),
});
export type Record = Static<typeof Record>;

const utf8 = new TextDecoder('utf-8', { fatal: true });

export function recordWire(batch: RecordBatch, i: number): Record {
  const key = batch.key(i);
  const keyText = key && textOf(key);
  const value = batch.value(i);
  const json = jsonOf(value);
  return {
    partition: batch.partition,
    offset: batch.offset(i),
    time: new Date(batch.time(i)).toISOString(),
    recordedAt: new Date(batch.recordedAt(i)).toISOString(),
    key: keyText,
    ...(key && keyText === null ? { keyBase64: key.toString('base64') } : {}),
    ...(json === undefined ? { valueBase64: value.toString('base64') } : { value: json }),
  };
}

/** The value; undefined when the bytes are not JSON in UTF-8. */
export function jsonOf(bytes: Buffer): unknown {
  const text = textOf(bytes);
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function textOf(bytes: Buffer): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}
