import { documentsIn, type RuleDocument, type RuleFile, type RuleProblem, type RuleSet } from '#libs/sigma';
import type { RuleText } from '#libs/storage';
import { problemList } from './rule.js';

/** The path of a text that somebody sent: no rule file has such a one. */
export const apart = (file: string): string => `<database>/${file}`;

/** The path as whoever sent the text knows it. */
export const pathSent = (file: string): string => file.replace(/^<database>[/]/, '');

/** Problems as they are told to whoever sent the texts. */
export const wireOf = (problems: readonly RuleProblem[]): RuleProblem[] =>
  problemList(problems).map((problem) => ({ ...problem, file: pathSent(problem.file) }));

/** The ids and names of rules in these files, whether they run or not. */
export function labelsIn(files: readonly RuleFile[]): Set<string> {
  const stem = (file: string) => file.replace(/^.*[/\\]/, '').replace(/\.ya?ml$/i, '');
  const labels = files.flatMap(({ text }) => [...text.matchAll(/^(?:id|name):[ \t]*["']?(.*?)["']?\s*$/gm)]);
  return new Set([...labels.map(([, label]) => label), ...files.map(({ file }) => stem(file))]);
}

export const isRule = ({ kind }: RuleDocument): boolean => kind === 'detection' || kind === 'correlation';

/** The ids of the rules in these files, whether they run or not. */
export const idsIn = (files: readonly RuleFile[]): string[] =>
  documentsIn(files).flatMap((document) => (isRule(document) ? document.id : []));

/** Filters, mappings and placeholders of texts that were sent: rules take them from rule files alone. */
export const notKept = (documents: readonly RuleDocument[]): RuleProblem[] =>
  documents.flatMap((document) => (isRule(document) ? [] : problemAt(document, ...whyNotKept(document))));

const whyNotKept = ({ kind }: RuleDocument): [string, string] => [
  `Only detections and correlations are kept in the database, and this is ${kind === 'placeholders' ? kind : `a ${kind}`}`,
  'Put it into a file of the rules folder (WEIR_RULES_DIR); rules of the database run with it, too',
];

/** A problem of a document as such. */
export const problemAt = ({ file, line, column, name }: RuleDocument, reason: string, hint: string): RuleProblem => ({
  file,
  line,
  column,
  rule: name,
  reason,
  hint,
});

/** The rules of these files, as the database keeps them. */
export function textsIn(rules: RuleSet, files: readonly RuleFile[]): RuleText[] {
  const own = new Set(files.map(({ file }) => file));
  return [...rules.detections, ...rules.correlations]
    .filter(({ info }) => own.has(info.file))
    .map(({ info: { id, name, text, version } }) => ({ id, name, text, version, file: apart(`${name}.yml`) }));
}
