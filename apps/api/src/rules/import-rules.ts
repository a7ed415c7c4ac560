import {
  compileRules,
  documentsIn,
  type RuleDocument,
  type RuleFile,
  type RuleInfo,
  type RuleProblem,
  type RuleSet,
  withoutDocuments,
} from '#libs/sigma';
import type { RuleText } from '#libs/storage';
import type { LiveRules } from './live-rules.js';
import { idsIn, isRule, notKept, pathSent, problemAt, textsIn } from './rule-texts.js';

/**
 * What can be taken of files, and why the rest can't. A file is taken whole or not at all; a rule only if it means among
 * the rules that run what it means among the files that it came with, and if all that run still do.
 */
export function rulesToImport(
  live: LiveRules,
  files: readonly RuleFile[],
): { texts: RuleText[]; refused: RuleProblem[] } {
  const given = withoutKnown(live, files);
  const documents = documentsIn(given);
  const refusals = new Refusals(given);
  refusals.add(notKept(documents));
  // As it was meant: what came with a rule goes before what is here.
  const meant = compileRules([...given, ...live.filesWith([], idsIn(given))]);
  refusals.add(meant.problems);
  refusals.add(hangingOn(documents, meant));
  for (;;) {
    const before = refusals.files.size;
    refusals.add(countingRefused(documents, meant, refusals.files));
    if (refusals.files.size > before) continue;
    const kept = given.filter(({ file }) => !refusals.files.has(file));
    const tried = live.tryTexts(kept, idsIn(kept));
    refusals.add(tried.problems);
    // What is left are problems of rules that run now.
    if (tried.problems.length > 0 && refusals.files.size === before) refusals.add(breaking(live, kept));
    if (refusals.files.size === before) return { texts: textsIn(tried.rules, kept), refused: refusals.all };
  }
}

/** Files without the filters, mappings and placeholders that rule files hold, word for word: these are here already. */
function withoutKnown(live: LiveRules, files: readonly RuleFile[]): RuleFile[] {
  const known = new Set(documentsIn(live.files).flatMap((here) => (isRule(here) ? [] : here.text.trimEnd())));
  return withoutDocuments(
    files,
    documentsIn(files).filter((document) => !isRule(document) && known.has(document.text.trimEnd())),
  );
}

/** What is said against the files that were given. */
class Refusals {
  readonly files = new Set<string>();
  private readonly problems = new Map<string, RuleProblem>();
  private readonly order: ReadonlyMap<string, number>;

  constructor(given: readonly RuleFile[]) {
    this.order = new Map(given.map(({ file }, index) => [file, index]));
  }

  /** Problems of other files are none of theirs. */
  add(problems: readonly RuleProblem[]): void {
    for (const problem of problems) {
      if (!this.order.has(problem.file)) continue;
      this.files.add(problem.file);
      this.problems.set(JSON.stringify(problem), problem);
    }
  }

  get all(): RuleProblem[] {
    const place = (file: string) => this.order.get(file)!;
    return [...this.problems.values()].sort((a, b) => place(a.file) - place(b.file) || a.line - b.line);
  }
}

/** Detections that would match other events without the documents that are not kept. */
function hangingOn(documents: readonly RuleDocument[], { detections }: RuleSet): RuleProblem[] {
  const isMissed = ({ file, line }: { file: string; line: number }) =>
    documents.some((document) => !isRule(document) && document.file === file && document.line === line);
  return detections.flatMap(({ info, takes }) => {
    const missed = takes.find(isMissed);
    const document = missed && documentOf(info, documents);
    if (!document) return [];
    const reason = `It would match other events without the document at ${pathSent(missed.file)}:${missed.line}, which is refused`;
    return problemAt(document, reason, 'Put that document into the rules folder first');
  });
}

/** Correlations that would count no rule, or another than was meant. */
function countingRefused(
  documents: readonly RuleDocument[],
  { correlations }: RuleSet,
  refused: ReadonlySet<string>,
): RuleProblem[] {
  return correlations.flatMap(({ info, inputs }) => {
    const missed = inputs.find((input) => refused.has(input.info.file))?.info;
    const document = missed && documentOf(info, documents);
    if (!document || refused.has(info.file)) return [];
    const reason = `It counts \`${missed.name}\`, and the file of that, ${pathSent(missed.file)}, is refused`;
    return problemAt(document, reason, 'Correct that file first');
  });
}

const documentOf = ({ file, text }: RuleInfo, documents: readonly RuleDocument[]): RuleDocument | undefined =>
  documents.find((document) => document.file === file && document.text === text);

/** Files after which a rule that runs now would not. */
function breaking(live: LiveRules, kept: readonly RuleFile[]): RuleProblem[] {
  const own = new Set(kept.map(({ file }) => file));
  const broken = (files: readonly RuleFile[]) =>
    live.tryTexts(files, idsIn(files)).problems.find(({ file }) => !own.has(file));
  const isNews = ({ id, text }: RuleDocument) => live.stored.get(id)?.text !== text;
  const news = kept.filter((file) => documentsIn([file]).some(isNews));
  const others = kept.filter((file) => !news.includes(file));
  // The fewest that are enough, found by halves: there may be a thousand.
  const causes = (among: readonly RuleFile[]): RuleProblem[] => {
    const problem = broken([...others, ...among]);
    if (!problem) return [];
    const half = among.length >> 1;
    const found = half === 0 ? [] : [...causes(among.slice(0, half)), ...causes(among.slice(half))];
    return found.length > 0 ? found : among.flatMap((file) => breaks(documentsIn([file]).find(isNews)!, problem));
  };
  return causes(news);
}

const breaks = (document: RuleDocument, { file, line, rule, reason }: RuleProblem): RuleProblem =>
  problemAt(
    document,
    `With this file \`${rule}\` at ${pathSent(file)}:${line} would no longer run: ${reason}`,
    'Change that rule first',
  );
