import { type Condition, parseCondition } from './condition.js';
import { compileItem, type Scope } from './item.js';
import { allOf, anyOf, not } from './logic.js';
import { type ViewTest } from './modifiers/modifier.js';
import { entriesOf, isMap, isScalar, isSeq, itemsOf, type Node, offsetInside, type SourceDocument } from './source.js';

/** Compiles a `detection:` block, or the same in a `filter:`; undefined after reporting its problems. */
export function compileDetection(
  document: SourceDocument,
  block: Node | null,
  scope: Scope,
  section: 'detection' | 'filter' = 'detection',
): ViewTest | undefined {
  const { report } = document;
  if (!isMap(block))
    return report.problem(
      block ?? document.root,
      `\`${section}\` must be a mapping`,
      'Give it search identifiers and a `condition`',
    );
  const entries = entriesOf(block, report);
  const selections = new Map<string, ViewTest | undefined>();
  for (const entry of entries) {
    if (entry.name === 'condition' || (entry.name === 'rules' && section === 'filter')) continue;
    if (entry.name === 'timeframe')
      report.problem(entry.key, '`timeframe` is no longer part of Sigma', 'Write a correlation rule with a `timespan`');
    else selections.set(entry.name, compileSelection(document, entry.key, entry.value, scope));
  }
  const condition = entries.find((entry) => entry.name === 'condition');
  if (!condition)
    return report.problem(block, `\`${section}\` has no \`condition\``, 'Add for example `condition: selection`');
  const tests = itemsOf(condition.value).map((node) => compileCondition(document, node ?? condition.key, selections));
  if (tests.length === 0) return report.problem(condition.key, 'The list of conditions is empty', 'Add a condition');
  return tests.includes(undefined) ? undefined : anyOf(tests as ViewTest[]);
}

function compileCondition(
  document: SourceDocument,
  node: Node,
  selections: ReadonlyMap<string, ViewTest | undefined>,
): ViewTest | undefined {
  if (!isScalar(node) || typeof node.value !== 'string')
    return document.report.problem(
      node,
      'A condition must be text',
      'Write for example `condition: selection and not filter`',
    );
  const parsed = parseCondition(node.value, [...selections.keys()]);
  if ('reason' in parsed)
    return document.report.problem(offsetInside(document, node, node.value, parsed.offset), parsed.reason, parsed.hint);
  return document.report.failed ? undefined : assemble(parsed, selections);
}

function assemble(condition: Condition, selections: ReadonlyMap<string, ViewTest | undefined>): ViewTest {
  if (condition.kind === 'name') return selections.get(condition.name)!;
  if (condition.kind === 'not') return not(assemble(condition.of, selections));
  const tests = condition.of.map((part) => assemble(part, selections));
  return condition.kind === 'and' ? allOf(tests) : anyOf(tests);
}

/** A map (all items must match), or a list of maps and keywords (any may). */
function compileSelection(document: SourceDocument, key: Node, value: Node | null, scope: Scope): ViewTest | undefined {
  if (!isSeq(value)) return compileMap(document, key, value, scope);
  if (value.items.length === 0)
    return document.report.problem(value, 'The search identifier is an empty list', 'Add maps of fields to it');
  if (value.items.every((item) => isScalar(item) && item.value !== null))
    return compileItem(document, { name: '', key, value }, scope);
  const tests = (value.items as (Node | null)[]).map((item) => compileMap(document, key, item, scope));
  return tests.includes(undefined) ? undefined : anyOf(tests as ViewTest[]);
}

function compileMap(document: SourceDocument, key: Node, value: Node | null, scope: Scope): ViewTest | undefined {
  const { report } = document;
  if (isScalar(value) && value.value !== null) return compileItem(document, { name: '', key: value, value }, scope);
  if (!isMap(value))
    return report.problem(
      value ?? key,
      'A search identifier must be a map or a list of maps',
      'Write `field: value` below it',
    );
  const entries = entriesOf(value, report);
  if (entries.length === 0)
    return report.problem(value, 'The search identifier is empty', 'Write `field: value` below it');
  const tests = entries.map((entry) => compileItem(document, entry, scope));
  return report.failed || tests.includes(undefined) ? undefined : allOf(tests as ViewTest[]);
}
