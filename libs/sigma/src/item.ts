import { allOf, anyOf, isNull, not, overField } from './logic.js';
import { defaultOperator, modifiers } from './modifiers/index.js';
import {
  type ItemContext,
  type Modifier,
  type Operator,
  type RuleValue,
  type ScalarTest,
  type ViewTest,
} from './modifiers/modifier.js';
import { listed, nearest } from './problems.js';
import { type FieldReader } from './reader.js';
import { type Entry, isScalar, isSeq, itemsOf, type Node, offsetInside, type SourceDocument } from './source.js';
import { anyValue } from './value-list.js';

/** Finds a field of the rule's log source by its name in the rule; reports and returns undefined when there is none. */
export type ResolveField = (name: string, at: Node | number) => FieldReader | undefined;

interface Operation {
  operator: Operator;
  flags: Set<string>;
}

/** Compiles one `field|modifiers: values` of a search identifier; undefined after reporting a problem. */
export function compileItem(document: SourceDocument, entry: Entry, resolve: ResolveField): ViewTest | undefined {
  const [name = '', ...written] = entry.name.split('|');
  const { report } = document;
  if (name === '')
    return report.problem(
      entry.key,
      'Keywords (values without a field) are not supported yet',
      'Name the field to search in',
    );
  const operation = readModifiers(document, entry, written);
  const field = resolve(name, entry.key);
  if (!operation || !field) return undefined;
  const values = readValues(document, entry, operation);
  if (!values) return undefined;
  const test = values === 'null' ? isNull(field) : compileValues(document, field, operation, values, resolve);
  return test && operation.flags.has('neq') ? not(test) : test;
}

function compileValues(
  { report }: SourceDocument,
  field: FieldReader,
  { operator, flags }: Operation,
  values: readonly RuleValue[],
  resolve: ResolveField,
): ViewTest | undefined {
  const context: ItemContext = {
    field,
    flags,
    otherField: resolve,
    problem: (node, reason, hint) => report.problem(node, reason, hint),
  };
  const tests = values.map((value) => operator.compile(value, context));
  if (tests.includes(undefined)) return undefined;
  const scalars = tests.filter((t): t is ScalarTest => t?.on === 'scalar');
  const views = tests.filter((t): t is ViewTest => t?.on === 'view');
  if (flags.has('all')) return allOf([...views, ...scalars.map((test) => overField(field, test))]);
  if (scalars.length === 0) return anyOf(views);
  return anyOf([...views, overField(field, anyValue(scalars, flags.has('cased')))]);
}

function readModifiers(document: SourceDocument, entry: Entry, written: readonly string[]): Operation | undefined {
  const { report } = document;
  const flags = new Set<string>();
  let operator: Operator | undefined;
  let refused = false;
  for (const name of written) {
    const at = offsetInside(document, entry.key, `|${name}`);
    const refuse = (reason: string, hint: string) => {
      report.problem(at, reason, hint);
      refused = true;
    };
    const modifier = modifiers.find((m) => m.name === name);
    if (!modifier) refuse(`\`${name}\` is not a Sigma modifier`, unknownModifierHint(name));
    else if (modifier.kind === 'later') refuse(`The modifier \`${name}\` is not supported yet`, modifier.hint);
    else if (flags.has(name)) refuse(`The modifier \`${name}\` is there twice`, 'Write it once');
    else if (modifier.kind === 'flag') {
      if (modifier.afterOperator && !modifier.goesWith.includes(operator?.name ?? ''))
        refuse(
          `\`${name}\` must stand after ${listed(modifier.goesWith as string[])}`,
          `Write \`|${modifier.goesWith[0]}|${name}\``,
        );
      flags.add(name);
    } else if (operator)
      refuse(
        `\`${operator.name}\` and \`${name}\` can't be used together`,
        'Keep one; use two fields for two comparisons',
      );
    else operator = modifier;
  }
  operator ??= defaultOperator;
  for (const flag of modifiers.filter((m) => flags.has(m.name))) {
    if (flag.kind !== 'flag' || flag.goesWith === 'any' || flag.afterOperator || flag.goesWith.includes(operator.name))
      continue;
    report.problem(entry.key, `\`${flag.name}\` has no meaning with \`${operator.name}\``, `Remove \`${flag.name}\``);
    refused = true;
  }
  return refused ? undefined : { operator, flags };
}

function unknownModifierHint(name: string): string {
  const near = nearest(
    name,
    modifiers.map((m: Modifier) => m.name),
  );
  if (near) return `Perhaps you meant \`${near}\``;
  return `Supported: ${modifiers
    .filter((m) => m.kind !== 'later')
    .map((m) => m.name)
    .join(', ')}`;
}

/** The values of an item: `'null'` for the null value, undefined after reporting a problem. */
function readValues(
  document: SourceDocument,
  entry: Entry,
  { operator, flags }: Operation,
): RuleValue[] | 'null' | undefined {
  const { report } = document;
  const nodes = itemsOf(entry.value);
  const plain = operator === defaultOperator && flags.size === 0;
  if (!isSeq(entry.value) && isNullNode(entry.value)) {
    if (plain || (operator === defaultOperator && flags.size === 1 && flags.has('neq'))) return 'null';
    return report.problem(
      entry.key,
      `\`null\` can't be combined with \`${[...entry.name.split('|')].slice(1).join('|')}\``,
      'Write the field without modifiers, or use `exists`',
    );
  }
  if (nodes.length === 0)
    return report.problem(entry.value, 'The list of values is empty', 'Add a value, or remove the field');
  if (flags.has('all') && nodes.length === 1)
    return report.problem(entry.key, '`all` needs a list of several values', 'Remove `all`, or add values');
  const values: RuleValue[] = [];
  for (const node of nodes) {
    const value = readValue(document, entry, node);
    if (value) values.push(value);
  }
  return values.length === nodes.length ? values : undefined;
}

function readValue({ report }: SourceDocument, entry: Entry, node: Node | null): RuleValue | undefined {
  if (isNullNode(node))
    return report.problem(
      node ?? entry.key,
      "`null` can't be part of a list of values",
      'Give it its own search identifier and join both with `or`',
    );
  if (!isScalar(node))
    return report.problem(
      node,
      'A value must be text, a number, true, false or null',
      'Remove the nesting, or quote the value',
    );
  const { value } = node;
  if (typeof value === 'number' && !isExact(value))
    return report.problem(
      node,
      'This number is too large to be compared exactly',
      'Put it in quotes to compare it as text',
    );
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
    return report.problem(node, 'A value must be text, a number, true, false or null', 'Quote the value');
  return { value, node };
}

function isNullNode(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}
