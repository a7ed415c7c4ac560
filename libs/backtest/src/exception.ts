import { setImmediate as breathe } from 'node:timers/promises';
import { stringify } from 'yaml';
import { type DetectionLimits, type DetectionPlan, matchedBy, pathInGroup, planRules } from '#libs/detection';
import {
  type Correlation,
  compileRules,
  type Detection,
  escapeText,
  excerptRule,
  type Filterable,
  filterablesOf,
  formatProblem,
  type GroupField,
  type RuleFile,
  type RuleSet,
} from '#libs/sigma';
import { ExceptionError } from './errors.js';
import type { Input, Scenario } from './scenario.js';
import type { FixtureOf } from './scenario-shape.js';
import { type Scalar, sharedTexts, valueAt } from './shared-values.js';
import { scenarioTester, type Tested } from './test-scenario.js';

/** Texts that a filter asks for at most, beside the group: a person looks through them. */
const sharedMax = 5;

/** A filter that takes an alert's events out of what its rule counts. */
export interface ExceptionCandidate {
  /** One YAML document for each detection. */
  text: string;
  /** By detection: what an event must have to be taken out. */
  selections: { rule: string; fields: Record<string, Scalar> }[];
  /** Of the alert's events, those that it takes out. */
  events: number;
  /** What the fixture says of the rules with it. */
  tested: Tested;
}

export interface ExceptionProposal {
  /** What the alert's fixture is about. */
  fixture: FixtureOf;
  /** Of the events that the rule counted for the alert, those that it counts as it is now. */
  events: number;
  /** What the fixture says of the rules as they are. */
  now: Tested;
  /** From narrow to wide; each takes out at least what the one before it does. */
  candidates: ExceptionCandidate[];
}

/** A detection, the alert's events that match it, and what they have in common. */
interface Part {
  filterable: Filterable;
  group: Map<string, Scalar>;
  shared: Map<string, Scalar>;
}

/**
 * Filters after which a rule would not raise an alert again, made of what the alert's events have in common: its group's
 * fields always, and from candidate to candidate fewer of the texts that all of them share. `scenario` is one that was
 * made of the alert. Every candidate is compiled and run. Rejects with an ExceptionError.
 */
export async function proposeException(
  files: readonly RuleFile[],
  { fixture, ...scenario }: Scenario & { fixture: FixtureOf },
  limits: DetectionLimits,
): Promise<ExceptionProposal> {
  const { rule, alert } = fixture;
  const text = excerptRule(files, rule.id);
  if (text === null) throw needless(`There is no rule ${rule.name} (${rule.id}) any more`, { rule: rule.id });
  const own = { file: 'rule.yml', text };
  const set = compileRules([own]);
  const wanted = { ...scenario, fixture: { ...fixture, verdict: 'false-positive' as const } };
  const test = (rules: RuleSet) => scenarioTester(rules, limits)(wanted);
  if (set.problems.length > 0) throw impossible(set.problems.map(formatProblem).join('; '), alert);
  const counted = countedOf(planRules(set, limits), scenario.inputs);
  const now = test(set);
  if (counted.size === 0) throw needless(`${rule.name} as it is now counts none of the alert's events`, { alert });
  if (now.passed) throw needless(`${rule.name} as it is now does not alert about these events`, { alert });
  // By the names that rules have in the excerpt they are known among all rules, too.
  const parts = filterablesOf([own], rule.id)
    .flatMap((filterable) => partOf(filterable, set, counted, fixture))
    .filter(({ group, shared }) => group.size + shared.size > 0);
  const candidates: ExceptionCandidate[] = [];
  for (const keep of levelsOf(parts)) {
    // Each runs all events of the alert: others have their turn in between.
    await breathe();
    const selections = parts.map(({ filterable, group, shared }) => ({
      filterable,
      fields: Object.fromEntries([...group, ...[...shared].slice(0, keep)]),
    }));
    const filter = selections
      .map(({ filterable, fields }, i) => filterText(filterable, fields, fixture, parts.length > 1 ? i + 1 : null))
      .join('---\n');
    const rules = compileRules([own, { file: 'exception.yml', text: filter }]);
    if (rules.problems.length > 0) continue;
    const left = countedOf(planRules(rules, limits), scenario.inputs);
    candidates.push({
      text: filter,
      selections: selections.map(({ filterable, fields }) => ({ rule: filterable.name, fields })),
      events: counted.size - left.size,
      tested: test(rules),
    });
  }
  const useful = candidates.filter(({ events }) => events > 0);
  if (useful.length > 0) return { fixture, events: counted.size, now, candidates: useful };
  throw impossible('The events have nothing in common that a filter could ask for', alert);
}

/** Events that some detection matches, and the names of those that do. */
function countedOf(plan: DetectionPlan, inputs: readonly Input[]): Map<Input, string[]> {
  const matched = matchedBy(plan);
  const named = inputs.map((input): [Input, string[]] => {
    return [input, matched(input.type.topic, input.value).map(({ info }) => info.name)];
  });
  return new Map(named.filter(([, names]) => names.length > 0));
}

function partOf(
  filterable: Filterable,
  set: RuleSet,
  counted: ReadonlyMap<Input, string[]>,
  { rule, group }: FixtureOf,
): Part | [] {
  const ours = [...counted].flatMap(([input, names]) => (names.includes(filterable.name) ? input : []));
  const detection = set.detections.find(({ info }) => info.name === filterable.name);
  if (ours.length === 0 || detection === undefined) return [];
  const events = ours.map(({ value }) => JSON.parse(value.toString()) as Record<string, unknown>);
  const correlation = set.correlations.find(({ info }) => info.id === rule.id);
  const fields = new Map<string, Scalar>();
  const paths = new Set<string>();
  for (const [field, text] of Object.entries(group)) {
    const path = pathOf(field, detection, correlation, set);
    const name = path && filterable.nameOf(path, field);
    if (!path || !name) continue;
    paths.add(path);
    const value = valueAt(events[0], path);
    fields.set(name, value !== undefined && String(value) === text ? value : text);
  }
  const shared = [...sharedTexts(events)].flatMap(([path, text]): [string, Scalar][] => {
    const name = paths.has(path) ? undefined : filterable.nameOf(path);
    return name === undefined ? [] : [[name, text]];
  });
  return { filterable, group: fields, shared: new Map(shared.slice(0, sharedMax)) };
}

/** Where events of a detection have a field of the group; of a lone detection, who is behind them or where they come from. */
function pathOf(
  field: string,
  detection: Detection,
  correlation: Correlation | undefined,
  { fields }: RuleSet,
): string | undefined {
  if (correlation === undefined) return pathInGroup(field);
  const slotIn = (wanted: GroupField | undefined): number | undefined =>
    wanted?.slots.get(detection) ??
    [...(wanted?.groups ?? [])].map(([inner, at]) => slotIn(inner.groupBy[at])).find((slot) => slot !== undefined);
  const slot = slotIn(correlation.groupBy.find(({ name }) => name === field));
  return slot === undefined ? undefined : fields.paths[slot];
}

/** How many shared texts each candidate asks for. One that asks for nothing would switch its detection off. */
function levelsOf(parts: readonly Part[]): number[] {
  const most = Math.max(0, ...parts.map(({ shared }) => shared.size));
  const least = parts.some(({ group }) => group.size === 0) ? 1 : 0;
  return parts.length === 0 ? [] : Array.from({ length: most - least + 1 }, (_, i) => most - i);
}

function filterText(
  { name, logsource }: Filterable,
  fields: Readonly<Record<string, Scalar>>,
  { alert, rule, group }: FixtureOf,
  number: number | null,
): string {
  const about = Object.entries(group).map(([field, value]) => `${field} ${value}`);
  const values = Object.entries(fields).map(([field, value]) => {
    return [field, typeof value === 'string' ? escapeText(value) : value];
  });
  const document = {
    title: `No alert of ${rule.name} about ${about.join(', ') || 'these events'}`.slice(0, 200),
    name: `exception-${alert}${number === null ? '' : `-${number}`}`,
    description: `The alert ${alert} was none.`,
    logsource,
    filter: { rules: [name], innocent: Object.fromEntries(values), condition: 'innocent' },
  };
  return stringify(document, { lineWidth: 0 });
}

const needless = (said: string, facts: Record<string, unknown>): ExceptionError =>
  new ExceptionError('EXCEPTION_NEEDLESS', `${said}: no exception is needed.`, facts);

const impossible = (said: string, alert: string): ExceptionError =>
  new ExceptionError('EXCEPTION_IMPOSSIBLE', `${said}: amend the rule itself.`, { alert });
