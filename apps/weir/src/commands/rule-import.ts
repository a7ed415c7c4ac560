import { relative } from 'node:path';
import { documentsIn, formatProblem, type RuleFile, type RuleProblem } from '#libs/sigma';
import { readRuleFiles } from '../server/rule-files.js';
import type { Shell } from '../shell.js';
import { count } from '../terminal/table.js';
import { show } from '../terminal/terminal.js';

interface Imported {
  taken: string[];
  unchanged: string[];
  refused: RuleProblem[];
}

/** What goes into one request at most: the server takes a mebibyte. */
const importCharsMax = 700_000;
const importFilesMax = 1_000;

/**
 * Imports the rules of a folder, in parts. What was refused goes along with the parts that come after: a rule that hangs
 * on it must not be taken without it.
 */
export async function importRules(shell: Shell, path: string, shadow: boolean): Promise<void> {
  const client = shell.client();
  const read = readRuleFiles(path).map(({ file, text }) => ({ file: relative(path, file) || file, text }));
  const report: Omit<Imported, 'refused'> = { taken: [], unchanged: [] };
  const refused = new Map<string, RuleProblem[]>();
  let along: RuleFile[] = [];
  for (let waiting = inTurn(read); waiting.length > 0; ) {
    const part = nextPart(along, waiting);
    if (part.length === 0) {
      for (const { file } of waiting) refused.set(file, [unjudged(file)]);
      break;
    }
    waiting = waiting.slice(part.length);
    const files = [...along, ...part];
    const body = { files, ...(shadow && { state: 'shadow' }) };
    const answer = await client.post<Imported>('/api/v1/rules/import', body);
    report.taken.push(...answer.taken);
    report.unchanged.push(...answer.unchanged);
    // What is said last of a file counts: a rule that it names may have come with this part.
    for (const { file } of files) refused.delete(file);
    for (const problem of answer.refused) refused.set(problem.file, [...(refused.get(problem.file) ?? []), problem]);
    along = files.filter(({ file }) => refused.has(file));
  }
  const problems = [...refused.values()].flat();
  const sum = `${count(report.taken.length)} rules taken, ${count(report.unchanged.length)} as they were, ${count(refused.size)} files refused.`;
  show(shell.terminal, { ...report, refused: problems }, () =>
    [...problems.map((problem) => `refused: ${formatProblem(problem)}`), sum].join('\n'),
  );
}

/** What others may hang on goes first; rules that count others go last: what they count is there by then. */
function inTurn(files: readonly RuleFile[]): RuleFile[] {
  const turnOf = (file: RuleFile): number => {
    const kinds = new Set(documentsIn([file]).map(({ kind }) => kind));
    if (kinds.has('filter') || kinds.has('mapping') || kinds.has('placeholders')) return 0;
    return kinds.has('correlation') ? 2 : 1;
  };
  const turns = new Map(files.map((file) => [file, turnOf(file)]));
  return files.toSorted((a, b) => turns.get(a)! - turns.get(b)!);
}

/** The files that go next: as many as there is room for beside those that go along. */
function nextPart(along: readonly RuleFile[], waiting: readonly RuleFile[]): RuleFile[] {
  let chars = along.reduce((sum, { text }) => sum + text.length, 0);
  const first = waiting.findIndex(({ text }, index) => {
    chars += text.length;
    return along.length + index > 0 && (chars > importCharsMax || along.length + index >= importFilesMax);
  });
  return waiting.slice(0, first < 0 ? waiting.length : first);
}

const unjudged = (file: string): RuleProblem => ({
  ...{ file, line: 1, column: 1, rule: null },
  reason: "So much was refused before that this can't be judged beside it",
  hint: 'Correct what is refused, or import one folder after the other',
});
