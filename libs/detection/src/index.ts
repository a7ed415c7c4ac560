export { alertEvent, alertId, type Evidence } from './alert.js';
export { groupValues } from './group-values.js';
export { decodeMatches, type MatchBatch, type Source } from './match-batch.js';
export { type Matched, Matcher, type MatcherCounters, type MatcherOptions, type MatchProgress } from './matcher.js';
export { type DetectionLimits, type DetectionPlan, type PlannedRule, planRules } from './plan.js';
export type { RuleChange } from './plan-change.js';
export { type EpisodeChange, type Origin, WindowPartition, type WindowPartitionCounters } from './window-partition.js';
export { decodeSnapshot, encodeSnapshot } from './window-snapshot.js';
