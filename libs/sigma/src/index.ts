export {
  type Anomaly,
  type Correlation,
  type CorrelationInput,
  type CorrelationKind,
  correlationKinds,
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
export type { Literal, Need, NeededField } from './needs.js';
export { formatProblem } from './problems.js';
export { compileRules, type RuleSet } from './rules.js';
export { ruleSchema } from './schema.js';
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
