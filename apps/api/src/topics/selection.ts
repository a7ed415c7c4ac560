import type { RecordBatch } from '#libs/log';
import { jsonOf } from './record.js';

/** Whether record `i` of a batch is wanted. */
export type Selection = (batch: RecordBatch, i: number) => boolean;

const fieldFilter = /^([A-Za-z_][\w-]*(?:\.[\w-]+)*)=(.*)$/s;

/**
 * `key`: the record's key, exactly. `filter`: `field=value`, where a dotted field is looked for in the event and then
 * in its `data`, and a list matches when one of its items does; anything else is text that the value must contain
 * (in double quotes where it would read as a field). Undefined: every record.
 */
export function selectionOf(key: string | undefined, filter: string | undefined): Selection | undefined {
  const byKey = key === undefined ? undefined : keyIs(Buffer.from(key));
  const byValue = filter === undefined || filter === '' ? undefined : valueMatches(filter);
  if (byKey && byValue) return (batch, i) => byKey(batch, i) && byValue(batch, i);
  return byKey ?? byValue;
}

function keyIs(wanted: Buffer): Selection {
  return (batch, i) => batch.key(i)?.equals(wanted) ?? false;
}

function valueMatches(filter: string): Selection {
  const field = fieldFilter.exec(filter);
  if (!field) {
    const needle = Buffer.from(/^".+"$/s.test(filter) ? filter.slice(1, -1) : filter);
    return (batch, i) => batch.value(i).includes(needle);
  }
  const [, path, wanted] = field;
  const steps = path.split('.');
  return (batch, i) => {
    const event = jsonOf(batch.value(i));
    return holds(at(event, steps), wanted) || holds(at(at(event, ['data']), steps), wanted);
  };
}

function at(value: unknown, steps: readonly string[]): unknown {
  let here = value;
  for (const step of steps) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Readonly<Record<string, unknown>>)[step];
  }
  return here;
}

function holds(value: unknown, wanted: string): boolean {
  if (Array.isArray(value)) return value.some((item) => holds(item, wanted));
  return value !== undefined && (typeof value !== 'object' || value === null) && String(value) === wanted;
}
