import { readOperation } from './item-modifiers.js';
import { itemValues } from './item-values.js';
import { allOf, anyOf, isNull, not, overEvent, overField } from './logic.js';
import {
  type ItemContext,
  type Operator,
  type Part,
  type RuleValue,
  type ScalarTest,
  type Transform,
  type TransformContext,
  type ViewTest,
} from './modifiers/modifier.js';
import { type FieldReader } from './reader.js';
import { type Entry, type Node, type SourceDocument } from './source.js';
import { anyValue } from './value-list.js';

/** Finds a field of the rule's log source by its name in the rule; reports and returns undefined when there is none. */
export type ResolveField = (name: string, at: Node | number) => FieldReader | undefined;

/** What a detection may refer to. */
export interface Scope {
  resolve: ResolveField;
  /** The slot of all of the event's data, in which keywords are searched. */
  whole(): number;
  placeholders: TransformContext['placeholders'];
}

/** What the modifiers of an item amount to. */
export interface Operation {
  operator: Operator;
  flags: ReadonlySet<string>;
  transforms: readonly Transform[];
  part: Part | undefined;
}

/** Compiles one `field|modifiers: values` of a search identifier; undefined after reporting a problem. */
export function compileItem(document: SourceDocument, entry: Entry, scope: Scope): ViewTest | undefined {
  const [name = '', ...written] = entry.name.split('|');
  const isKeyword = name === '';
  const operation = readOperation(document, entry, written, isKeyword);
  const field = isKeyword ? undefined : scope.resolve(name, entry.key);
  if (!operation || (!field && !isKeyword)) return undefined;
  const values = itemValues(document, entry, operation);
  if (!values) return undefined;
  if (isKeyword && (values === 'null' || values.some(({ value }) => value === '')))
    return document.report.problem(entry.value ?? entry.key, 'A keyword must not be empty', 'Write what to search for');
  const test =
    values === 'null' ? isNull(field!) : compileValues(document, field ?? scope.whole(), operation, values, scope);
  return test && operation.flags.has('neq') ? not(test) : test;
}

/** What the values of one item may become, all together. */
export const valuesMax = 20_000;

function compileValues(
  { report }: SourceDocument,
  field: FieldReader | number,
  operation: Operation,
  values: readonly RuleValue[],
  { resolve, placeholders }: Scope,
): ViewTest | undefined {
  const { operator, flags, transforms, part } = operation;
  const problem = (node: Node, reason: string, hint: string) => report.problem(node, reason, hint);
  const context: Omit<ItemContext, 'field'> = { flags, otherField: resolve, problem };
  const own: ItemContext = { ...context, field: field as FieldReader };
  const over = (test: ScalarTest) => (typeof field === 'number' ? overEvent(field, test) : overField(field, test));
  let count = 0;
  const groups: ViewTest[] = [];
  const scalars: ScalarTest[] = [];
  for (const value of values) {
    const meant = transformed(value, transforms, { placeholders, problem });
    count += meant?.length ?? 0;
    if (count > valuesMax)
      return problem(value.node, `The modifiers make more than ${valuesMax} values of these`, 'Split the list');
    const tests = meant?.map((one) => operator.compile(one, own));
    if (!tests || tests.includes(undefined)) return undefined;
    const compared = tests.filter((t): t is ScalarTest => t?.on === 'scalar').map((t) => (part ? ofPart(part, t) : t));
    const views = tests.filter((t): t is ViewTest => t?.on === 'view');
    if (flags.has('all')) groups.push(anyOf([...views, ...joined(compared, flags, over)]));
    else {
      groups.push(...views);
      scalars.push(...compared);
    }
  }
  return flags.has('all') ? allOf(groups) : anyOf([...groups, ...joined(scalars, flags, over)]);
}

function joined(
  scalars: readonly ScalarTest[],
  flags: ReadonlySet<string>,
  over: (test: ScalarTest) => ViewTest,
): ViewTest[] {
  return scalars.length === 0 ? [] : [over(anyValue(scalars, flags.has('cased')))];
}

/** What a value becomes, any of which may match. */
function transformed(
  value: RuleValue,
  transforms: readonly Transform[],
  context: TransformContext,
): RuleValue[] | undefined {
  let values = [value];
  for (const transform of transforms) {
    const next: RuleValue[] = [];
    for (const one of values) {
      const meant = transform.apply(one, context);
      if (!meant) return undefined;
      next.push(...meant);
    }
    values = next;
  }
  return values;
}

function ofPart({ read }: Part, { cost, test }: ScalarTest): ScalarTest {
  return {
    on: 'scalar',
    cost: cost + 10,
    test: (value) => {
      const number = read(value);
      return !Number.isNaN(number) && test(number);
    },
  };
}
