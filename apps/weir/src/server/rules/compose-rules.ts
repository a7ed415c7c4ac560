import {
  compileRules,
  documentsIn,
  type RuleDocument,
  type RuleFile,
  type RuleInfo,
  type RuleSet,
  withoutDocuments,
} from '#libs/sigma';
import type { StoredRule } from '#libs/storage';

/** All that a set of rules is made of, as plain data: whoever has it makes the same set of it. */
export interface RuleTexts {
  files: readonly RuleFile[];
  /** What the database says of rules, wherever their texts are. */
  states: readonly Pick<StoredRule, 'id' | 'version' | 'state'>[];
}

export interface Composed {
  texts: RuleTexts;
  rules: RuleSet;
  /** Rule files as they were taken: one that was taken before, and is refused now, as it was. */
  files: readonly RuleFile[];
  /** Rule files of which something was refused. */
  broken: ReadonlySet<string>;
}

/**
 * The rules of files and of the database together. A rule of the database stands in place of that with the same id in a
 * file; its version and state count wherever its text is. `before`: files as they were taken last, which go on where
 * what they hold now is refused.
 */
export function composeRules(
  files: readonly RuleFile[],
  stored: readonly StoredRule[],
  before: ReadonlyMap<string, string>,
): Composed {
  // Among the rules of the database: what names one of them is right.
  const own = new Set(files.map(({ file }) => file));
  const first = compileRules(withStored(files, stored)).problems.filter(({ file }) => own.has(file));
  const broken = new Set(first.map(({ file }) => file));
  const taken = files.map(({ file, text }) => ({ file, text: (broken.has(file) && before.get(file)) || text }));
  const states = stored.map(({ id, version, state }) => ({ id, version, state }));
  const texts = { files: withStored(taken, stored), states };
  const rules = rulesOf(texts);
  const outdone = new Set(rules.problems.map(textOf));
  const problems = [...first.filter((problem) => !outdone.has(textOf(problem))), ...rules.problems];
  return { texts, rules: { ...rules, problems }, files: taken, broken };
}

export function rulesOf({ files, states }: RuleTexts): RuleSet {
  const rules = compileRules(files);
  const known = new Map(states.map((state) => [state.id, state]));
  for (const rule of [...rules.detections, ...rules.correlations]) {
    const said = known.get(rule.info.id);
    if (said === undefined) continue;
    rule.info.version = said.version;
    rule.info.shadow = said.state === 'shadow';
    if (said.state === 'disabled') rule.alerting = false;
  }
  return rules;
}

/** Files without the rules that the database has, and these. */
export function withStored(files: readonly RuleFile[], stored: readonly StoredRule[]): RuleFile[] {
  const own = stored.filter(({ source }) => source === 'database');
  return [...without(files, new Set(own.map(({ id }) => id))), ...own.map(({ file, text }) => ({ file, text }))];
}

/** Files without these rules. */
export function without(files: readonly RuleFile[], ids: ReadonlySet<string>): RuleFile[] {
  if (ids.size === 0) return [...files];
  const isRule = ({ kind }: RuleDocument) => kind === 'detection' || kind === 'correlation';
  const gone = documentsIn(files).filter((document) => isRule(document) && ids.has(document.id));
  return withoutDocuments(files, gone);
}

export const infosOf = ({ detections, correlations }: RuleSet): RuleInfo[] =>
  [...detections, ...correlations].map(({ info }) => info);

const textOf = (problem: object): string => JSON.stringify(problem);
