import fc from 'fast-check';

/** As much of JSON Schema as our routes use. */
export interface Schema {
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  format?: string;
  minimum?: number;
  maximum?: number;
}

export interface Operation {
  parameters?: { name: string; in: 'path' | 'query' | 'header'; schema?: Schema }[];
  requestBody?: { content: Record<string, { schema?: Schema }> };
}

export interface Sent {
  path: string;
  headers: Record<string, string>;
  body: string | null;
}

/** Text that has broken servers before. */
const nasty = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    '💥',
    '..',
    '../../etc/passwd',
    '%',
    '%00',
    "';--",
    '{{7*7}}',
    '__proto__',
  ),
  fc.constantFrom(
    'constructor',
    'null',
    '-1',
    '0',
    '1e999',
    '9007199254740993',
    '99999999999999999999',
    '\u202e',
    'a:b:c',
    ':',
  ),
  fc.constantFrom(
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '+275760-09-13T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '999999d',
  ),
  fc.constantFrom('0.0.0.0/0', '::/0', '300.1.1.1', '192.0.2.1/33', '*', '(((((', 'é'.normalize('NFD')),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constant('x'.repeat(5_000)),
);

const nastyValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: nasty },
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(null, true, -1, 0, 1.5, 1e308, -0, 2 ** 53, [], {}, [[]], [null], { __proto__: null }),
  fc.constant(Array<number>(2_000).fill(0)),
);

const rarely = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value });

/** What holds a position, and was made by nobody of us. */
const forgedCursor = fc
  .oneof(
    fc.array(fc.oneof(fc.constantFrom<unknown>(0, -1, 1e300, 8.64e15, 2 ** 53), nastyValue), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('n', 'id', 'at', 'offset'), fc.oneof(fc.constantFrom<unknown>(0, 1e300), nastyValue)),
  )
  .map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));

/** Mostly what the schema asks for, now and then anything. */
export function mostly(schema: Schema = {}): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 16, arbitrary: fitting(schema) }, { weight: 1, arbitrary: nastyValue });
}

function fitting(schema: Schema): fc.Arbitrary<unknown> {
  const { anyOf, oneOf } = schema;
  const either = anyOf ?? oneOf;
  if (either && either.length > 0) return fc.oneof(...either.map(fitting));
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  switch ([schema.type].flat()[0]) {
    case 'integer':
    case 'number':
      return numberOf(schema);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(mostly(schema.items), { minLength: 1, maxLength: 3 });
    case 'object':
      return objectOf(schema);
    case 'string':
      return textOf(schema);
    default:
      return nastyValue;
  }
}

function numberOf({ minimum = 0, maximum = 2 ** 53 }: Schema): fc.Arbitrary<number> {
  const least = Math.ceil(minimum);
  const inside =
    least > maximum
      ? fc.double({ min: minimum, max: maximum, noNaN: true })
      : fc.integer({ min: least, max: Math.max(least, Math.min(maximum, minimum + 100)) });
  const edges = fc.constantFrom(minimum, maximum, minimum - 1, maximum + 1);
  return fc.oneof({ weight: 4, arbitrary: inside }, { weight: 1, arbitrary: fc.oneof(edges, fc.maxSafeInteger()) });
}

function textOf({ format }: Schema): fc.Arbitrary<string> {
  const dates = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') });
  const plain =
    format === 'date-time'
      ? dates.map((date) => date.toISOString())
      : fc.constantFrom('a', '1h', '60s', 'high', 'ip:192.0.2.7', '192.0.2.0/24');
  return fc.oneof({ weight: 2, arbitrary: plain }, { weight: 1, arbitrary: nasty });
}

function objectOf({ properties = {}, required = [] }: Schema): fc.Arbitrary<unknown> {
  const names = Object.keys(properties);
  const values = Object.fromEntries(names.map((name) => [name, mostly(properties[name])]));
  const known = fc.record(values, { requiredKeys: required.filter((name) => names.includes(name)) });
  const more = fc.dictionary(nasty, nastyValue, { maxKeys: 2 });
  return fc.oneof(
    { weight: 4, arbitrary: known },
    fc.tuple(known, more).map(([one, other]) => ({ ...one, ...other })),
  );
}

/** A request that the operation may get from somebody who means no good; `ids` are those of things that are there. */
export function requestOf(url: string, operation: Operation, ids: readonly string[]): fc.Arbitrary<Sent> {
  const { parameters = [], requestBody } = operation;
  const id = fc.oneof({ weight: 1, arbitrary: nasty }, { weight: 2, arbitrary: fc.constantFrom('x', ...ids) });
  const names = [...url.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const path = fc.record(Object.fromEntries(names.map((name) => [name, id]))).map((values) => pathOf(url, values));
  const asked = parameters.filter((parameter) => parameter.in === 'query');
  const query = fc.record(
    Object.fromEntries(asked.map(({ name, schema }) => [name, name === 'cursor' ? forgedCursor : mostly(schema)])),
    {
      requiredKeys: [],
    },
  );
  const strange = rarely(fc.constantFrom('?a[b]=c', '&__proto__=1', '&a=1&a=2', '&%zz=%zz', '&%00', '&cursor=e30'));
  return fc
    .record({ path, query, strange, headers: headersOf(operation), body: bodyOf(requestBody) })
    .map(({ body, headers, ...rest }) => ({
      path: addressOf(rest),
      headers: { ...headers, ...body.headers },
      body: body.text,
    }));
}

function pathOf(url: string, values: Readonly<Record<string, unknown>>): string {
  return url.replace(/\{(\w+)\}/g, (_, name: string) => encoded(values[name]) || '%20');
}

function addressOf({ path, query, strange }: { path: string; query: object; strange: string | null }): string {
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encoded(value)}`);
  return `${path}?${pairs.join('&')}${strange ?? ''}`;
}

const encoded = (value: unknown) =>
  encodeURIComponent(typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value));

function headersOf({ parameters = [] }: Operation): fc.Arbitrary<Record<string, string>> {
  const named = parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name.toLowerCase());
  const names = [
    ...named,
    'if-match',
    'if-none-match',
    'idempotency-key',
    'last-event-id',
    'accept',
    'cookie',
    'range',
  ];
  const value = fc.oneof(
    fc.constantFrom(
      '',
      '*',
      '"1"',
      'W/"x"',
      '0',
      '-1',
      '1',
      '999999999999999999999',
      'weir_session=x',
      'a=b;;=;c',
      'text/csv',
      '{}',
    ),
    fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 40 }),
    fc.string({ unit: fc.integer({ min: 0xa0, max: 0xff }).map((code) => String.fromCharCode(code)), maxLength: 9 }),
    fc.constant('x'.repeat(3_000)),
  );
  const given = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 2 });
  // One that came before is refused with anything else: mostly each request has its own, as it should.
  return fc
    .tuple(given, rarely(fc.constant(true)), fc.uuid())
    .map(([headers, isOld, fresh]) =>
      headers['idempotency-key'] === undefined || isOld ? headers : { ...headers, 'idempotency-key': fresh },
    );
}

interface Body {
  text: string | null;
  headers: Record<string, string>;
}

/** As the operation describes it, as JSON of something else, and as what is no JSON at all. */
function bodyOf(described: Operation['requestBody']): fc.Arbitrary<Body> {
  const none: Body = { text: null, headers: {} };
  if (!described) return fc.oneof({ weight: 6, arbitrary: fc.constant(none) }, sentAs('application/json', junk));
  const sorts = Object.entries(described.content).flatMap(([type, { schema }]) => {
    const valid = sentAs(
      type,
      mostly(schema).map((value) => JSON.stringify(value) ?? ''),
    );
    return [
      { weight: 8, arbitrary: valid },
      { weight: 2, arbitrary: sentAs(type, junk) },
    ];
  });
  const asOther = sentAs('application/json; charset=utf-16', junk);
  return fc.oneof(...sorts, { weight: 1, arbitrary: asOther }, { weight: 1, arbitrary: fc.constant(none) });
}

const junk = fc.oneof(
  fc.constantFrom(
    '',
    'null',
    '[]',
    '{',
    '"\\ud800"',
    '{"a":1,"a":2}',
    '{"__proto__":{"x":1}}',
    '\ufeff{}',
    '1e9999',
    '{"\\u0000":"\\u0000"}',
  ),
  fc.constant(`${'['.repeat(20_000)}${']'.repeat(20_000)}`),
  fc.constant(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`),
  fc.constant(JSON.stringify('x'.repeat(300_000))),
  fc.json({ maxDepth: 4 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

function sentAs(type: string, text: fc.Arbitrary<string>): fc.Arbitrary<Body> {
  const encoding = rarely(fc.constantFrom('gzip', 'br'));
  return fc.tuple(text, encoding).map(([sent, encodedAs]) => ({
    text: sent,
    headers: { 'content-type': type, ...(encodedAs && { 'content-encoding': encodedAs }) },
  }));
}
