import { type DetectionLimits, type DetectionPlan, type PlannedRule, planRules } from '#libs/detection';
import { type Correlation, compileRules, type RuleFile, type RuleInfo, type RuleSet } from '#libs/sigma';
import { BacktestError } from './errors.js';
import { heldAgainst, limitFault, limitOf, limitsAround, type RuleLimit } from './limit.js';

/** A rule under test, as whoever asks knows it. */
export interface RuleUnderTest {
  id: string;
  /** Where these are not what its text says: of a rule that runs. */
  version?: number;
  shadow?: boolean;
}

export interface TestedRule {
  info: RuleInfo;
  /** Null: it has no single limit that could be another. */
  limit: RuleLimit | null;
}

/** The rules under test as they stand, or held against other limits: they are fed by the same hits. */
export interface Variant {
  plan: DetectionPlan;
  /** By id: the limit that a rule is held against; null: it has none. A rule that is not there is not run. */
  limits: ReadonlyMap<string, number | null>;
}

/**
 * Compiles rule files and plans the rules under test alone, with the mappings, filters, placeholders and detections of
 * all. The first variant is the rules as they stand; the others hold them against `thresholds`, or where there are none
 * against limits around their own. Throws a BacktestError.
 */
export function testedRules(
  files: readonly RuleFile[],
  under: readonly RuleUnderTest[],
  thresholds: readonly number[],
  limits: DetectionLimits,
): { rules: TestedRule[]; variants: Variant[] } {
  const set = compileRules(files);
  const rules = under.map((rule) => testedRule(set, rule));
  const others = new Map(rules.map((rule) => [rule.info.id, otherLimits(rule, thresholds)]));
  const variants = [variantOf(set, limits, new Map(rules.map(({ info, limit }) => [info.id, limit?.value ?? null])))];
  for (let i = 0; [...others.values()].some((list) => i < list.length); i++) {
    const held = [...others].filter(([, list]) => i < list.length).map(([id, list]): [string, number] => [id, list[i]]);
    variants.push(variantOf(set, limits, new Map(held)));
  }
  return { rules, variants };
}

/** Throws a BacktestError where these rules of a compiled set can't be tested so. */
export function checkRules(set: RuleSet, under: readonly RuleUnderTest[], thresholds: readonly number[]): void {
  for (const rule of under) otherLimits(testedRule(set, rule), thresholds);
}

/** The rule of a plan that alerts under this id. Of a detection with several event types there are several. */
export const plannedOf = ({ plan }: Variant, id: string): PlannedRule[] =>
  [...plan.byHash.values()].filter(({ info, place }) => info.id === id && (place?.parent ?? null) === null);

function testedRule(set: RuleSet, { id, version, shadow }: RuleUnderTest): TestedRule {
  const correlation = set.correlations.find(({ info }) => info.id === id);
  const found = correlation ?? set.detections.find(({ info }) => info.id === id);
  if (found === undefined) {
    const said = `There is no rule ${id} that runs: \`weir rules list\` shows those that do, and why others don't.`;
    throw new BacktestError('BACKTEST_RULE_UNKNOWN', said, { rule: id });
  }
  if (version !== undefined) found.info.version = version;
  if (shadow !== undefined) found.info.shadow = shadow;
  return { info: found.info, limit: correlation ? limitOf(correlation) : null };
}

function otherLimits({ info, limit }: TestedRule, thresholds: readonly number[]): number[] {
  if (thresholds.length === 0) return limit ? limitsAround(limit) : [];
  if (limit === null) {
    const said = `${info.name} has no single limit to try thresholds on: leave them out.`;
    throw new BacktestError('BACKTEST_NO_LIMIT', said, { rule: info.id });
  }
  for (const threshold of thresholds) {
    const fault = limitFault(limit, threshold);
    if (fault === null) continue;
    const said = `A threshold of ${info.name} must be ${fault}; ${threshold} is not.`;
    throw new BacktestError('BACKTEST_NO_LIMIT', said, { rule: info.id, threshold });
  }
  return [...new Set(thresholds)].filter((threshold) => threshold !== limit.value).sort((a, b) => a - b);
}

function variantOf(set: RuleSet, limits: DetectionLimits, held: ReadonlyMap<string, number | null>): Variant {
  // The set is ours alone, and detections are known by what they are: these can't be copied.
  for (const detection of set.detections) detection.alerting = held.has(detection.info.id);
  const correlations = set.correlations.map((correlation): Correlation => {
    const value = held.get(correlation.info.id);
    const alerting = value !== undefined;
    const limit = alerting ? limitOf(correlation) : null;
    // Others may count it, and know it by what it is.
    if (limit === null || value === limit.value) return Object.assign(correlation, { alerting });
    return { ...heldAgainst(correlation, limit, value!), alerting };
  });
  return { plan: planRules({ ...set, correlations }, limits), limits: held };
}
