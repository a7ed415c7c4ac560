import { type CorrelationKind } from './correlation-types.js';

/** What a kind of correlation may and must say. */
export interface KindShape {
  /** Keys of `correlation:` beside those that all kinds have. */
  keys: readonly string[];
  condition: 'required' | 'optional' | 'none';
  /** What is compared: a whole number from 0 on, any number, or nothing (the kind has keys of its own instead). */
  compares: 'count' | 'number' | null;
  comparisonNeeded: boolean;
  /** The least that comes out where whole numbers are compared: a window is judged only while it holds an event. */
  least: 0 | 1;
  /** How many fields `condition.field` names. */
  fields: 'none' | 'optional' | 'one' | 'several';
  /** Numbers of `condition:` beside the comparisons. */
  numbers: readonly string[];
  example: string;
}

const counting: KindShape = {
  keys: [],
  condition: 'required',
  compares: 'count',
  comparisonNeeded: true,
  least: 1,
  fields: 'none',
  numbers: [],
  example: '{gte: 10}',
};
const temporal: KindShape = { ...counting, condition: 'optional' };
const statistic: KindShape = {
  ...counting,
  compares: 'number',
  fields: 'one',
  example: '{field: bytes, gt: 1000}',
};

/** Every kind of correlation, Sigma's first. */
export const kindShapes: Readonly<Record<CorrelationKind, KindShape>> = {
  event_count: counting,
  value_count: { ...counting, fields: 'several', example: '{field: user, gte: 10}' },
  temporal,
  temporal_ordered: temporal,
  value_sum: statistic,
  value_avg: statistic,
  value_percentile: { ...statistic, numbers: ['percentile'], example: '{field: durationMs, percentile: 95, gt: 1000}' },
  value_median: statistic,
  spike: {
    ...counting,
    keys: ['baseline'],
    compares: null,
    comparisonNeeded: false,
    fields: 'optional',
    numbers: ['factor', 'deviations', 'minimum', 'percentile'],
    example: '{factor: 5, minimum: 100}',
  },
  absence: { ...counting, condition: 'none', comparisonNeeded: false, compares: null, example: '' },
  first_seen: {
    ...counting,
    keys: ['history'],
    comparisonNeeded: false,
    least: 0,
    fields: 'one',
    example: '{field: country}',
  },
  ratio: { ...counting, compares: 'number', numbers: ['minimum'], example: '{gte: 0.05, minimum: 100}' },
  anomaly: {
    ...counting,
    compares: null,
    comparisonNeeded: false,
    fields: 'one',
    numbers: ['deviations', 'minimum'],
    example: '{field: value, deviations: 4}',
  },
};
