import { type Operation } from './item.js';
import { defaultOperator, keywordOperator, modifiers } from './modifiers/index.js';
import { type Flag, type Modifier, type Operator, type Part, type Transform } from './modifiers/modifier.js';
import { listed, nearest } from './problems.js';
import { type Entry, offsetInside, type SourceDocument } from './source.js';

type Refuse = (reason: string, hint: string) => void;

/** What is read so far of an item's modifiers. */
interface Reading {
  flags: Set<string>;
  transforms: Transform[];
  operator?: Operator;
  part?: Part;
}

/** Reads `|contains|all` and the like; undefined after reporting what doesn't fit together. */
export function readOperation(
  document: SourceDocument,
  entry: Entry,
  written: readonly string[],
  isKeyword: boolean,
): Operation | undefined {
  const { report } = document;
  const reading: Reading = { flags: new Set(), transforms: [] };
  let refused = false;
  for (const [index, name] of written.entries()) {
    const at = offsetInside(document, entry.key, `|${name}`);
    const refuse: Refuse = (reason, hint) => {
      report.problem(at, reason, hint);
      refused = true;
    };
    const modifier = modifiers.find((m) => m.name === name);
    if (!modifier) refuse(`\`${name}\` is not a Sigma modifier`, unknownModifierHint(name));
    else if (written.indexOf(name) < index) refuse(`The modifier \`${name}\` is there twice`, 'Write it once');
    else take(reading, modifier, refuse);
  }
  const operator = reading.operator ?? (isKeyword ? keywordOperator : defaultOperator);
  const complain: Refuse = (reason, hint) => {
    report.problem(entry.key, reason, hint);
    refused = true;
  };
  if (!refused) checkTogether({ ...reading, operator, part: reading.part }, isKeyword, complain);
  return refused ? undefined : { ...reading, operator, part: reading.part };
}

function take(reading: Reading, modifier: Modifier, refuse: Refuse): void {
  const { name } = modifier;
  const { operator, part } = reading;
  switch (modifier.kind) {
    case 'flag':
      if (modifier.afterOperator && !modifier.goesWith.includes(operator?.name ?? ''))
        refuse(
          `\`${name}\` must stand after ${listed(modifier.goesWith as string[])}`,
          `Write \`|${modifier.goesWith[0]}|${name}\``,
        );
      reading.flags.add(name);
      return;
    case 'transform':
      if (modifier.beforeOperator && operator)
        refuse(`\`${name}\` must stand before \`${operator.name}\``, `Write \`|${name}|${operator.name}\``);
      reading.transforms.push(modifier);
      return;
    case 'part':
      if (part) refuse(`\`${part.name}\` and \`${name}\` can't be used together`, 'Write the field twice');
      reading.part = modifier;
      return;
    case 'operator':
      if (operator)
        refuse(
          `\`${operator.name}\` and \`${name}\` can't be used together`,
          'Keep one; use two fields for two comparisons',
        );
      else reading.operator = modifier;
  }
}

const partOperators = ['equals', 'gt', 'gte', 'lt', 'lte'];
const keywordOperators = ['contains', 're'];

function checkTogether(operation: Operation, isKeyword: boolean, complain: Refuse): void {
  const { operator, flags, transforms, part } = operation;
  const without = (name: string, other: string) =>
    complain(`\`${name}\` has no meaning with \`${other}\``, `Remove \`${name}\``);
  for (const flag of modifiers.filter((m): m is Flag => m.kind === 'flag' && flags.has(m.name)))
    if (flag.goesWith !== 'any' && !flag.goesWith.includes(operator.name)) without(flag.name, operator.name);
  for (const transform of transforms) {
    if (!transform.goesWith.includes(operator.name)) without(transform.name, operator.name);
    if (part) without(transform.name, part.name);
  }
  if (part && !partOperators.includes(operator.name)) without(operator.name, part.name);
  if (part && flags.has('cased')) without('cased', part.name);
  if (!isKeyword) return;
  if (!keywordOperators.includes(operator.name) || part || flags.has('neq'))
    complain(
      `Keywords (values without a field) can't be compared with \`${part?.name ?? (flags.has('neq') ? 'neq' : operator.name)}\``,
      'Name the field, or use `contains`, `re` or `all`',
    );
}

function unknownModifierHint(name: string): string {
  const names = modifiers.map((m) => m.name);
  const near = nearest(name, names);
  return near ? `Perhaps you meant \`${near}\`` : `Supported: ${names.join(', ')}`;
}
