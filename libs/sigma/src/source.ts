import {
  type Alias,
  type Document,
  isScalar,
  isSeq,
  isMap as isYamlMap,
  LineCounter,
  type Node,
  type ParsedNode,
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
export const ruleFileCharsMax = 1024 * 1024;

/** Splits a file into its documents. Whatever can't be read as YAML is reported and left out. */
export function readDocuments(file: RuleFile, problems: RuleProblem[]): SourceDocument[] {
  const lines = new LineCounter();
  const report = new Report(file.file, lines, problems);
  if (file.text.length > ruleFileCharsMax) {
    report.problem(0, `The file is larger than ${ruleFileCharsMax} characters`, 'Split it into several rule files');
    return [];
  }
  try {
    const documents = [
      ...parseAllDocuments(file.text, {
        lineCounter: lines,
        prettyErrors: false,
        logLevel: 'silent',
        uniqueKeys: false,
      }),
    ];
    if (documents.every((document) => isEmpty(document)))
      report.problem(0, 'The file holds no rule', 'Write a Sigma rule, or remove the file');
    return documents.flatMap((document, index) => readDocument(file, index, document, report));
  } catch (error) {
    report.problem(0, `The YAML parser gave up: ${firstLine(error)}`, 'Write the rule with less nesting');
    return [];
  }
}

function readDocument(file: RuleFile, index: number, document: Document.Parsed, fileReport: Report): SourceDocument[] {
  const root: ParsedNode | null = document.contents;
  const report = fileReport.forDocument(root?.range[0] ?? document.range[0]);
  for (const fault of [...document.errors, ...document.warnings])
    report.problem(fault.pos[0], `Not valid YAML: ${firstLine(fault)}`, 'Correct it; nothing of this document is run');
  if (report.failed || isEmpty(document)) return [];
  if (!isMap(root)) {
    report.problem(root, 'A rule must be a mapping', 'Start the document with `title: ...`');
    return [];
  }
  visit(root, { Alias: (_, node) => refuseAlias(node, report), Map: (_, node) => refuseRepeats(node, report) });
  if (report.failed) return [];
  const [start, , end] = root.range ?? [0, 0, file.text.length];
  return [{ file: file.file, index, root, text: file.text.slice(start, end), report, fileText: file.text }];
}

/** Anchors repeat values unseen by the reader of a rule, and Sigma has none. */
function refuseAlias(node: Alias, report: Report): void {
  report.problem(node, `\`*${node.source}\` refers to a YAML anchor`, 'Write the value out; rules use no anchors');
}

/** The parser's own check compares each key with each: a minute for a map of twenty thousand. */
function refuseRepeats(map: YAMLMap, report: Report): void {
  const seen = new Set<unknown>();
  for (const { key } of map.items) {
    const value = isScalar(key) ? key.value : key;
    if (seen.has(value))
      report.problem(
        key as Node,
        'Not valid YAML: Map keys must be unique',
        'Correct it; nothing of this document is run',
      );
    seen.add(value);
  }
}

function isEmpty({ contents, errors }: Document.Parsed): boolean {
  return errors.length === 0 && (contents === null || (isScalar(contents) && contents.value === null));
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

/** Where `text` plus `offset` stands inside a scalar, so that a problem can point into it; its start if it was folded. */
export function offsetInside({ fileText }: SourceDocument, node: Node, text: string, offset = 0): number {
  const [start, end] = node.range ?? [0, 0];
  const found = fileText.slice(start, end).indexOf(text);
  return found < 0 ? start : start + found + offset;
}

export function isMap(node: unknown): node is YAMLMap {
  return isYamlMap(node);
}

export { isScalar, isSeq, type Node, type YAMLMap };
