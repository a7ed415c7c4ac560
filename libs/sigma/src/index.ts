export {
  type Anomaly,
  type Correlation,
  type CorrelationInput,
  type CorrelationKind,
  correlationKinds,
  detectionsWithin,
  type EventCount,
  type FirstSeen,
  type GroupField,
  type Limits,
  type Ratio,
  type Spike,
  type SpikeMeasure,
  type Temporal,
  type ValueCount,
  type ValueStatistic,
} from './correlation-types.js';
export { documentsIn, type RuleDocument, withoutDocuments } from './documents.js';
export { excerptRule } from './excerpt.js';
export { addressPath } from './fields.js';
export { type Filterable, filterablesOf } from './filterable.js';
export { visitNeeded } from './logic.js';
export type { Literal, Need, NeededField } from './needs.js';
export { formatProblem } from './problems.js';
export { compileRules, type RuleSet } from './rules.js';
export { ruleSchema } from './schema.js';
export { fold } from './text.js';
export type {
  Decision,
  Detection,
  EventView,
  FieldValue,
  RuleFile,
  RuleInfo,
  RuleProblem,
  Severity,
} from './types.js';
export { compilePattern, escapeText, literalOf, parsePattern } from './wildcard.js';
