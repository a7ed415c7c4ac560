import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { Report } from './problems.js';
import { type RuleFile, type RuleProblem } from './types.js';

/** One YAML document of a rule file: a mapping with positions. */
export interface SourceDocument {
  file: string;
  /** Counts from 0 within its file. */
  index: number;
  root: YAMLMap;
  /** The document's own text. */
  text: string;
  report: Report;
  /** The file's text; node ranges are offsets into it. */
  fileText: string;
}

/** Rule files are small; a larger one is not a rule, and is refused before the YAML parser sees it. */
export const ruleFileBytesMax = 1024 * 1024;

/** Splits a file into its documents. Whatever can't be read as YAML is reported and left out. */
export function readDocuments({ file, text }: RuleFile, problems: RuleProblem[]): SourceDocument[] {
  const lines = new LineCounter();
  const report = new Report(file, lines, problems);
  if (text.length > ruleFileBytesMax) {
    report.problem(0, `The file is larger than ${ruleFileBytesMax} bytes`, 'Split it into several rule files');
    return [];
  }
  let documents: ReturnType<typeof parseAllDocuments>;
  try {
    documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  } catch (error) {
    report.problem(0, `The YAML parser gave up: ${firstLine(error)}`, 'Write the rule with less nesting');
    return [];
  }
  const read: SourceDocument[] = [];
  for (const [index, document] of [...documents].entries()) {
    const own = report.forDocument(document.contents?.range?.[0] ?? document.range?.[0] ?? 0);
    for (const fault of [...document.errors, ...document.warnings])
      own.problem(
        fault.pos[0],
        `Not valid YAML: ${firstLine(fault)}`,
        'Correct the YAML; nothing of this document is run',
      );
    if (own.failed || document.contents === null) continue;
    if (isScalar(document.contents) && document.contents.value === null) continue;
    const root = document.contents;
    if (!isMap(root)) {
      own.problem(root, 'A rule must be a mapping', 'Start the document with `title: ...`');
      continue;
    }
    refuseReferences(root as unknown as Node, own);
    if (own.failed) continue;
    const range = root.range ?? [0, text.length, text.length];
    read.push({
      file,
      index,
      root: root as YAMLMap,
      text: text.slice(range[0], range[2]),
      report: own,
      fileText: text,
    });
  }
  if (read.length === 0 && !report.failed && documents.every((d) => d.errors.length === 0 && d.contents === null))
    report.problem(0, 'The file holds no rule', 'Write a Sigma rule, or remove the file');
  return read;
}

/** Anchors repeat values unseen by the reader of a rule and have no place in Sigma. */
function refuseReferences(root: Node, report: Report): void {
  visit(root, {
    Alias: (_, node) => {
      report.problem(node, `\`*${node.source}\` refers to a YAML anchor`, 'Write the value out; rules use no anchors');
    },
  });
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n', 1)[0]!.replace(/[.:]\s*$/, '');
}

export interface Entry {
  name: string;
  key: Node;
  value: Node | null;
}

/** The entries of a mapping whose keys are strings or numbers; others are reported. */
export function entriesOf(map: YAMLMap, report: Report): Entry[] {
  const entries: Entry[] = [];
  for (const { key, value } of map.items) {
    const node = key as Node | null;
    if (!isScalar(node) || node.value === null)
      report.problem(node ?? map, 'A key must be plain text', 'Write `key: value`');
    else entries.push({ name: textOf(node), key: node, value: value as Node | null });
  }
  return entries;
}

/** A scalar as it was written, without its quotes: `1.0` stays `1.0`. */
export function textOf(scalar: Scalar): string {
  return typeof scalar.value === 'string' ? scalar.value : (scalar.source ?? String(scalar.value));
}

/** A list's items, or a single value as a list of one. */
export function itemsOf(node: Node | null): (Node | null)[] {
  return isSeq(node) ? (node.items as (Node | null)[]) : [node];
}

/** Where `text` starts inside a scalar's source, so that a problem can point into it; the scalar's start if it was folded. */
export function offsetInside(document: SourceDocument, node: Node, text: string): number {
  const [start, end] = node.range ?? [0, 0];
  const found = document.fileText.slice(start, end).indexOf(text);
  return found < 0 ? start : start + found;
}

export { isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap };
