import Type, { type Static, type TObject, type TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { type FieldProblem, invalidBody, invalidQuery } from './problems.js';

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/**
 * Query strings are text; the schema says what each parameter means (integer, boolean, list, instant) and what it may
 * hold. The same schema documents the route (see `documented.ts`).
 *
 * Throws one 400 problem that names every bad parameter; unknown ones are refused, since a filter with a typing
 * mistake would otherwise answer a different question.
 */
export function parseQuery<T extends TObject>(schema: T, raw: Readonly<Record<string, unknown>>): Static<T> {
  const problems: FieldProblem[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(raw)) {
    const property = schema.properties[name] as TSchema | undefined;
    if (!property) {
      const known = Object.keys(schema.properties).join(', ') || 'none';
      problems.push({ field: name, message: `is not a parameter of this route; it takes: ${known}` });
      continue;
    }
    const value = fromText(property, given);
    const message = typeof value === 'string' && isInstant(property) ? badInstant(value) : null;
    if (message) problems.push({ field: name, message });
    else values[name] = value;
  }
  problems.push(...problemsOf(schema, values));
  if (problems.length > 0) throw invalidQuery(problems);
  return values as Static<T>;
}

const NoQuery = Type.Object({});

/** For a route without parameters: throws a 400 problem that names those that were given. */
export function refuseQuery(raw: Readonly<Record<string, unknown>>): void {
  parseQuery(NoQuery, raw);
}

/** The body as its schema types it. Throws one 422 problem that names every bad field. */
export function parseBody<T extends TObject>(schema: T, body: unknown): Static<T> {
  const problems = problemsOf(schema, body ?? {});
  if (problems.length > 0) throw invalidBody(problems);
  return (body ?? {}) as Static<T>;
}

/** An RFC 3339 instant (already checked) in milliseconds. */
export function millis(text: string): number;
export function millis(text: string | undefined): number | undefined;
export function millis(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

function isInstant(schema: TSchema): boolean {
  return (schema as { format?: string }).format === 'date-time';
}

function badInstant(text: string): string | null {
  // "+" is a space in a query string: the usual way to break an offset such as +02:00.
  const hint = / \d\d:\d\d$/.test(text) ? ' (write + as %2B in an address)' : '';
  return instant.test(text) && Number.isFinite(Date.parse(text))
    ? null
    : `must be an RFC 3339 time such as 2026-01-31T12:00:00Z${hint}`;
}

function fromText(schema: TSchema, given: unknown): unknown {
  const { type, items } = schema as { type?: string; items?: TSchema };
  if (type === 'array' && items) {
    const parts = (Array.isArray(given) ? given : [given]).flatMap((part) => String(part).split(','));
    return parts.map((part) => fromText(items, part));
  }
  if (typeof given !== 'string') return given;
  if (type === 'integer' && /^-?\d{1,16}$/.test(given)) return Number(given);
  if (type === 'boolean') return given === 'true' || given === '' ? true : given === 'false' ? false : given;
  return given;
}

const compiled = new WeakMap<TSchema, Validator>();

function problemsOf(schema: TSchema, value: unknown): FieldProblem[] {
  let validator = compiled.get(schema);
  if (!validator) compiled.set(schema, (validator = Compile(schema)));
  if (validator.Check(value)) return [];
  const problems = new Map<string, FieldProblem>();
  for (const error of validator.Errors(value)) {
    const named = missing(error.params) ?? error.instancePath.slice(1).replaceAll('/', '.');
    if (named === '' && error.keyword === 'additionalProperties') continue;
    if (!problems.has(named)) problems.set(named, { field: named, message: sentence(error.keyword, error) });
  }
  return [...problems.values()];
}

function missing(params: object): string | undefined {
  return (params as { requiredProperties?: string[] }).requiredProperties?.[0];
}

function sentence(keyword: string, error: { message: string; params: object }): string {
  if (keyword === 'boolean') return 'is not a field here';
  if (keyword === 'required') return 'is missing';
  const { allowedValues } = error.params as { allowedValues?: unknown[] };
  if (allowedValues) return `must be one of ${allowedValues.join(', ')}`;
  return error.message;
}
