import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

type Fields = Record<string, unknown>;

/** One kind of event: what its `data` looks like, where it goes and who did it. */
export interface EventType {
  /** The CloudEvents `type`. */
  readonly name: string;
  /** The log topic that holds it. */
  readonly topic: string;
  /** JSON schema of `data`. */
  readonly schema: TSchema;
  /** Written by Weir alone: ingest refuses it. */
  readonly internal: boolean;
  /** Whether the value is this type's `data`. The other functions may only be called with such data. */
  accepts(data: unknown): data is Fields;
  /** The first thing wrong with a value that is not accepted. */
  problem(data: unknown): DataProblem;
  /** Partition key: events of one key keep their order. */
  key(data: Fields): string;
  /** Who did it; undefined where nobody in particular. */
  actor(data: Fields): string | undefined;
  /** Replaces what is not kept as sent; returns the same object where there is nothing to replace. */
  prepare(data: Fields): Fields;
}

export interface DataProblem {
  /** Path from the event, such as `data.recipients[2]`. */
  field: string;
  reason: string;
}

interface Definition<Schema extends TSchema> {
  name: string;
  schema: Schema;
  internal?: boolean;
  key(data: Static<Schema>): string;
  actor(data: Static<Schema>): string | undefined;
  prepare?(data: Fields): Fields;
}

/** An event type from its definition; the schema is compiled here, once. The topic is named as the type. */
export function defineEventType<const Schema extends TSchema>(definition: Definition<Schema>): EventType {
  const { name, schema, internal = false, key, actor, prepare = (data: Fields) => data } = definition;
  const validator = Compile(schema);
  return {
    name,
    topic: name,
    schema,
    internal,
    accepts: (data): data is Fields => validator.Check(data),
    problem: (data) => describeProblem(name, data, validator.Errors(data)),
    key: (data) => key(data as Static<Schema>),
    actor: (data) => actor(data as Static<Schema>),
    prepare,
  };
}

type ValidationErrors = ReturnType<ReturnType<typeof Compile>['Errors']>;

function describeProblem(type: string, data: unknown, [error]: ValidationErrors): DataProblem {
  if (data === undefined) return { field: 'data', reason: `data is missing: put the fields of ${type} there` };
  if (error?.keyword === 'required') {
    const field = `${fieldAt(error.instancePath)}.${error.params.requiredProperties[0]}`;
    return { field, reason: `${field} is missing: ${type} needs it` };
  }
  const field = fieldAt(error?.instancePath ?? '');
  const hint = valueAt(data, error?.instancePath ?? '') === null ? '; leave the field out where it has no value' : '';
  return { field, reason: `${field} ${error?.message ?? `is not what ${type} needs`}${hint}` };
}

/** JSON pointer inside `data` → dotted path from the event. */
function fieldAt(pointer: string): string {
  return segments(pointer).reduce(
    (path, segment) => (/^\d+$/.test(segment) ? `${path}[${segment}]` : `${path}.${segment}`),
    'data',
  );
}

function valueAt(data: unknown, pointer: string): unknown {
  return segments(pointer).reduce<unknown>((value, segment) => (value as Fields | undefined)?.[segment], data);
}

function segments(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}
