import { eventTypes } from '#libs/events';
import { type KindShape, kindShapes } from './correlation-kinds.js';
import { comparisons, correlationKinds } from './correlation-types.js';
import { decisionTypes, severities } from './types.js';

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: 'string' };
const number: Schema = { type: 'number' };
const duration: Schema = { type: 'string', pattern: '^\\d{1,9}[smhd]$', description: 'A number and s, m, h or d' };
const orList = (one: Schema): Schema => ({ anyOf: [one, { type: 'array', items: one, minItems: 1 }] });
const label: Schema = { type: ['string', 'number'], maxLength: 256 };
const scalar: Schema = { type: ['string', 'number', 'boolean', 'null'] };

const fieldValues: Schema = { anyOf: [scalar, { type: 'array', items: scalar }] };
const map: Schema = { type: 'object', additionalProperties: fieldValues, minProperties: 1 };
const searchIdentifier: Schema = {
  description: 'A map (all fields must match), a list of maps (any may), or keywords to find anywhere in the event',
  anyOf: [map, { type: 'array', minItems: 1, items: { anyOf: [map, scalar] } }, { type: ['string', 'number'] }],
};

const logsource: Schema = {
  type: 'object',
  description: 'Which events: one of the known sources, or `product: weir` with an event type as `service`',
  properties: { category: label, product: label, service: label, definition: text },
  examples: [
    { category: 'webserver' },
    ...eventTypes.flatMap((type) => (type.internal ? [] : [{ product: 'weir', service: type.name }])),
  ],
};

const about: Readonly<Record<string, Schema>> = {
  title: { type: 'string', minLength: 1, maxLength: 256, description: 'What the rule detects' },
  id: { ...label, description: 'A UUID that stays the same for as long as the rule does' },
  name: { ...label, description: 'How correlations and people refer to the rule' },
  status: { enum: ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] },
  taxonomy: { enum: ['sigma', 'ecs'] },
  level: { enum: severities },
  description: { type: 'string', maxLength: 65_535 },
  tags: orList(text),
  falsepositives: orList({ type: ['string', 'number'] }),
  version: { type: 'integer', minimum: 1 },
  owner: label,
  runbook: label,
  decision: {
    type: 'object',
    description: 'What a bouncer is asked to do about the group of an alert',
    required: ['type', 'duration', 'scope'],
    additionalProperties: false,
    properties: { type: { enum: decisionTypes }, duration, scope: label },
  },
};

const detection: Schema = {
  type: 'object',
  required: ['condition'],
  properties: { condition: orList({ type: 'string', description: 'For example `selection and not filter`' }) },
  additionalProperties: searchIdentifier,
};

function conditionOf(shape: KindShape): Schema {
  const compared = shape.compares === 'count' ? { type: 'integer', minimum: 0 } : number;
  const field = shape.fields === 'several' ? orList(label) : label;
  const needed = [...(shape.fields === 'none' || shape.fields === 'optional' ? [] : ['field'])];
  return {
    type: 'object',
    required: needed,
    additionalProperties: false,
    minProperties: 1,
    properties: {
      ...(shape.compares ? Object.fromEntries(comparisons.map((name) => [name, compared])) : {}),
      ...Object.fromEntries(shape.numbers.map((name) => [name, number])),
      ...(shape.fields === 'none' ? {} : { field }),
    },
    examples: [shape.example],
  };
}

function correlationOf(kind: (typeof correlationKinds)[number]): Schema {
  const shape = kindShapes[kind];
  return {
    type: 'object',
    required: [
      'type',
      'rules',
      'group-by',
      'timespan',
      ...(shape.condition === 'required' ? ['condition'] : []),
      ...shape.keys,
    ],
    additionalProperties: false,
    properties: {
      type: { const: kind },
      rules: orList(label),
      'group-by': orList(label),
      timespan: kind === 'ratio' ? orList(duration) : duration,
      aliases: { type: 'object', additionalProperties: { type: 'object', additionalProperties: text } },
      generate: { type: 'boolean', description: 'The rules it refers to alert on their own, too' },
      ...(shape.condition === 'none' ? {} : { condition: conditionOf(shape) }),
      ...Object.fromEntries(shape.keys.map((key) => [key, duration])),
    },
  };
}

/** JSON Schema of a rule document, for editors. What only the compiler can tell (names, fields) it does not check. */
export const ruleSchema: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'A rule of Weir: Sigma 2.1 and what Weir adds to it',
  type: 'object',
  properties: about,
  anyOf: [
    {
      title: 'Detection',
      required: ['title', 'logsource', 'detection'],
      properties: { logsource, detection },
    },
    {
      title: 'Correlation',
      required: ['title', 'correlation'],
      properties: { correlation: { oneOf: correlationKinds.map(correlationOf) }, quiet: duration },
    },
    {
      title: 'Filter',
      required: ['title', 'logsource', 'filter'],
      properties: {
        logsource,
        filter: {
          type: 'object',
          required: ['rules', 'condition'],
          properties: { rules: orList(label), condition: text },
          additionalProperties: searchIdentifier,
        },
      },
    },
    {
      title: 'Values of placeholders',
      required: ['placeholders'],
      properties: { placeholders: { type: 'object', additionalProperties: orList(label) } },
    },
    {
      title: 'Field mapping of a log source',
      required: ['mapping'],
      properties: {
        mapping: {
          type: 'object',
          required: ['logsource', 'type'],
          additionalProperties: false,
          properties: {
            logsource,
            type: orList(text),
            where: { type: 'object', additionalProperties: orList(label) },
            fields: { type: 'object', additionalProperties: text },
            below: { type: 'string', description: 'Where in the data the fields are that `fields` does not name' },
          },
        },
      },
    },
  ],
};
