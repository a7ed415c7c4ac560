import type { RuleFile, RuleProblem } from '#libs/sigma';
import { problemList } from './rule.js';

/** The path of a text that somebody sent: no rule file has such a one. */
export const apart = (file: string): string => `<database>/${file}`;

/** Problems as they are told to whoever sent the texts. */
export const wireOf = (problems: readonly RuleProblem[]): RuleProblem[] =>
  problemList(problems).map((problem) => ({ ...problem, file: problem.file.replace(/^<database>[/]/, '') }));

/** The ids and names of rules in these files, whether they run or not. */
export function labelsIn(files: readonly RuleFile[]): Set<string> {
  const stem = (file: string) => file.replace(/^.*[/\\]/, '').replace(/\.ya?ml$/i, '');
  const labels = files.flatMap(({ text }) => [...text.matchAll(/^(?:id|name):[ \t]*["']?(.*?)["']?\s*$/gm)]);
  return new Set([...labels.map(([, label]) => label), ...files.map(({ file }) => stem(file))]);
}
