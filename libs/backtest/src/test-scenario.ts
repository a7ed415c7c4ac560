import { isDeepStrictEqual } from 'node:util';
import { type DetectionLimits, type DetectionPlan, planRules } from '#libs/detection';
import { compileRules, formatProblem, type RuleSet } from '#libs/sigma';
import { type FoundAlert, runScenario, withoutIds } from './run-scenario.js';
import type { Scenario } from './scenario.js';
import type { FixtureOf, ScenarioAlert } from './scenario-shape.js';

/** What became of a scenario under rules. */
export interface Tested {
  name: string;
  /** The alert that it was made of, and what people said of it; null: of none. */
  alert: string | null;
  verdict: string | null;
  rule: string | null;
  passed: boolean;
  /** Why it failed; or what is another and does not matter. One sentence each. */
  said: string[];
}

/**
 * Tests scenarios under rules as they are now. One that was made of an alert is run with the rules as they are now: after a false positive its rule
 * must not alert about that group, after a true positive it must, in that time. Any other is run with its own rules,
 * where it has some, and must give its alerts to the letter.
 */
export function scenarioTester(now: RuleSet, limits: DetectionLimits): (scenario: Scenario) => Tested {
  const plan = planRules(now, limits);
  return (scenario) => testScenario(scenario, { now, plan, limits });
}

interface Rules {
  now: RuleSet;
  plan: DetectionPlan;
  limits: DetectionLimits;
}

function testScenario(scenario: Scenario, { now, plan, limits }: Rules): Tested {
  const { name, fixture, rules } = scenario;
  const own = rules === null || fixture !== null ? now : compileRules([rules]);
  const tested = { name, alert: fixture?.alert ?? null, verdict: fixture?.verdict ?? null };
  const failed = (...said: string[]): Tested => ({ ...tested, rule: fixture?.rule.name ?? null, passed: false, said });
  if (own !== now && own.problems.length > 0) return failed(...own.problems.map(formatProblem));
  const info = fixture && [...now.correlations, ...now.detections].find((rule) => rule.info.id === fixture.rule.id);
  if (fixture && !info) return failed(goneOf(fixture, now));
  const found = runScenario(own === now ? plan : planRules(own, limits), scenario.inputs);
  const verdict = fixture ? judged(fixture, scenario.alerts, found) : compared(scenario.alerts, found);
  return { ...tested, rule: info?.info.name ?? null, ...verdict };
}

type Judged = Pick<Tested, 'passed' | 'said'>;

function judged(fixture: FixtureOf, right: readonly ScenarioAlert[], found: readonly FoundAlert[]): Judged {
  const ours = found.filter(
    ({ ruleId, group }) => ruleId === fixture.rule.id && isDeepStrictEqual(group, fixture.group),
  );
  const { name, version } = fixture.rule;
  const about = groupText(fixture.group);
  if (fixture.verdict === 'false-positive') {
    const said = ours.map(
      (alert) =>
        `${name} still alerts about ${about}: opened ${alert.openedAt}, peak ${alert.peak}, ${alert.events} events; amend it until it does not`,
    );
    return { passed: ours.length === 0, said };
  }
  const [wanted] = right;
  const match = ours.find(({ openedAt, lastSeen }) => openedAt <= wanted.lastSeen && lastSeen >= wanted.firstSeen);
  if (match === undefined) {
    const missing = `${name} no longer alerts about ${about}: version ${version} did at ${wanted.openedAt}, with a peak of ${wanted.peak}`;
    return { passed: false, said: [missing] };
  }
  return { passed: true, said: differences(wanted, withoutIds(match)) };
}

/** To the letter, in order. */
function compared(right: readonly ScenarioAlert[], found: readonly FoundAlert[]): Judged {
  const left = found.map(withoutIds);
  const said: string[] = [];
  for (const wanted of right) {
    const at = left.findIndex(({ rule, group }) => rule === wanted.rule && isDeepStrictEqual(group, wanted.group));
    const what = `${wanted.rule} about ${groupText(wanted.group)}`;
    if (at < 0) said.push(`There is no alert of ${what}, opened ${wanted.openedAt}`);
    else said.push(...differences(wanted, left.splice(at, 1)[0]).map((text) => `The alert of ${what}: ${text}`));
  }
  for (const { rule, group, openedAt } of left) {
    said.push(`There is an alert too many, of ${rule} about ${groupText(group)}, opened ${openedAt}`);
  }
  return { passed: said.length === 0, said };
}

function differences(wanted: ScenarioAlert, is: ScenarioAlert): string[] {
  const fields = ['openedAt', 'firstSeen', 'lastSeen', 'value', 'peak', 'expected', 'events'] as const;
  return fields
    .filter((field) => wanted[field] !== is[field])
    .map((field) => `${field} is ${is[field] ?? 'missing'}, and was ${wanted[field] ?? 'missing'}`);
}

function goneOf({ rule }: FixtureOf, { problems }: RuleSet): string {
  const refused = problems.find((problem) => problem.rule === rule.name);
  if (refused) return `Its rule ${rule.name} was refused: ${formatProblem(refused)}`;
  return `There is no rule ${rule.name} (${rule.id}) any more: remove the fixture, or bring the rule back`;
}

const groupText = (group: Readonly<Record<string, string>>): string =>
  Object.entries(group)
    .map(([field, value]) => `${field} ${value}`)
    .join(', ') || 'all events';
