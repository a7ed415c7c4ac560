import { compileRules, type RuleFile, type RuleInfo, type RuleSet } from '#libs/sigma';
import type { StoredRule } from '#libs/storage';

export interface Composed {
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
  const first = compileRules(files);
  const broken = new Set(first.problems.map(({ file }) => file));
  const taken = files.map(({ file, text }) => ({ file, text: (broken.has(file) && before.get(file)) || text }));
  const rules = compileRules(withStored(taken, stored));
  const known = new Map(stored.map((rule) => [rule.id, rule]));
  for (const rule of [...rules.detections, ...rules.correlations]) {
    const row = known.get(rule.info.id);
    if (row === undefined) continue;
    rule.info.version = row.version;
    rule.info.shadow = row.state === 'shadow';
    if (row.state === 'disabled') rule.alerting = false;
  }
  const outdone = new Set(rules.problems.map(textOf));
  const problems = [...first.problems.filter((problem) => !outdone.has(textOf(problem))), ...rules.problems];
  return { rules: { ...rules, problems }, files: taken, broken };
}

/** Files without the rules that the database has, and these. */
export function withStored(files: readonly RuleFile[], stored: readonly StoredRule[]): RuleFile[] {
  const own = stored.filter(({ source }) => source === 'database');
  return [...without(files, new Set(own.map(({ id }) => id))), ...own.map(({ file, text }) => ({ file, text }))];
}

/** Files without these rules; lines stay where they are. */
export function without(files: readonly RuleFile[], ids: ReadonlySet<string>): RuleFile[] {
  if (ids.size === 0) return [...files];
  const texts = new Map(files.map(({ file, text }) => [file, text]));
  for (const { id, file, text } of infosOf(compileRules(files))) {
    if (!ids.has(id)) continue;
    texts.set(
      file,
      texts.get(file)!.replace(text, () => text.replaceAll(/[^\n]+/g, '')),
    );
  }
  return files.map(({ file }) => ({ file, text: texts.get(file)! }));
}

export const infosOf = ({ detections, correlations }: RuleSet): RuleInfo[] =>
  [...detections, ...correlations].map(({ info }) => info);

const textOf = (problem: object): string => JSON.stringify(problem);
