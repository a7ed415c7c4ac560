import type { AlertToReplay, Explanation } from '#libs/backtest';
import { type DetectionLimits, type DetectionPlan, planRules } from '#libs/detection';
import { compileRules, excerptRule, formatProblem } from '#libs/sigma';
import type { RuleStore, RuleVersion } from '#libs/storage';
import type { LiveRules } from '../rules/live-rules.js';

/** The rule of an alert as it was then, with what it counts; filters, mappings and placeholders as they are now. */
export interface RulesThen {
  /** One file with all of it. */
  text: string;
  plan: DetectionPlan;
  /** When that version was made, ms. */
  beganMs: number;
}

/** The versions of rules that are known, and what else is in rule files. */
export interface RulesKnown {
  store: RuleStore;
  live: Pick<LiveRules, 'files'>;
}

/** `countedMs`: when the events of the alert were recorded. An explanation: the rule can't be run as it was. */
export async function rulesThen(
  { store, live }: RulesKnown,
  { rule }: Pick<AlertToReplay, 'rule'>,
  countedMs: number,
  limits: DetectionLimits,
): Promise<RulesThen | Explanation> {
  const history = (await store.history(rule.id)).toReversed();
  const began = history.find(({ version, state }) => version === rule.version && state !== null);
  if (began === undefined) return unknownVersion(rule, history);
  const ended = history.find(({ change, version }) => change > began.change && version !== rule.version);
  const moment = Math.min(Math.max(countedMs, began.at), (ended?.at ?? Infinity) - 1);
  const others = (await store.asOf(moment)).filter(({ id }) => id !== rule.id);
  const texts = [began, ...others].map(({ name, text }) => ({ file: `${name}.yml`, text }));
  // What comes first takes the name: rules that are in files stand behind as they were.
  const text = excerptRule([...texts, ...live.files], rule.id) ?? began.text;
  const rules = compileRules([{ file: 'rule.yml', text }]);
  const target = [...rules.correlations, ...rules.detections].find(({ info }) => info.id === rule.id);
  if (rules.problems.length > 0 || target === undefined) {
    const problems = rules.problems.map(formatProblem);
    const said = `Version ${rule.version} of ${rule.name} can't be run with what there is: ${problems.join('; ')}`;
    return { kind: 'rule-refused', said, facts: { problems } };
  }
  target.info.version = rule.version;
  return { text, plan: planRules(rules, limits), beganMs: began.at };
}

function unknownVersion(rule: AlertToReplay['rule'], history: readonly RuleVersion[]): Explanation {
  const versions = [...new Set(history.map(({ version }) => version))];
  const known = versions.length === 0 ? 'no version of it is' : `known: ${versions.join(', ')}`;
  const said = `Version ${rule.version} of the rule ${rule.name} (${rule.id}) is not known; ${known}`;
  return { kind: 'rule-version-unknown', said, facts: { version: rule.version, versions } };
}
