export { formatProblem } from './problems.js';
export { compileRules, type RuleSet } from './rules.js';
export type {
  Correlation,
  Decision,
  Detection,
  EventView,
  FieldValue,
  GroupField,
  RuleFile,
  RuleInfo,
  RuleProblem,
  Severity,
} from './types.js';
