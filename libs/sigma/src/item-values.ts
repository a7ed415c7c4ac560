import { type Operation } from './item.js';
import { defaultOperator } from './modifiers/index.js';
import { type Part, type RuleValue } from './modifiers/modifier.js';
import { type Entry, isScalar, isSeq, itemsOf, type Node, type SourceDocument } from './source.js';

/** The values of an item: `'null'` for the null value, undefined after reporting a problem. */
export function itemValues(
  document: SourceDocument,
  entry: Entry,
  { operator, flags, transforms, part }: Operation,
): RuleValue[] | 'null' | undefined {
  const { report } = document;
  const nodes = itemsOf(entry.value);
  const plain = operator === defaultOperator && transforms.length === 0 && !part;
  if (!isSeq(entry.value) && isNullNode(entry.value)) {
    if (plain && (flags.size === 0 || (flags.size === 1 && flags.has('neq')))) return 'null';
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
    if (!value) continue;
    if (part && !fits(value.value, part))
      report.problem(
        value.node,
        `\`${part.name}\` needs a whole number from ${part.min} to ${part.max}`,
        'Write a number without quotes',
      );
    else values.push(value);
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

function fits(value: RuleValue['value'], { min, max }: Part): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
}
