import { Block, type Named } from './block.js';
import { type KindShape, kindShapes } from './correlation-kinds.js';
import { type CorrelationKind, comparisons, type Limits } from './correlation-types.js';
import { type Entry, entriesOf, isMap, isScalar } from './source.js';

/** What a correlation's `condition:` says. */
export interface ReadCondition {
  /** All its numbers, as written. */
  numbers: Record<string, number>;
  limits: Limits;
  fields: Named[];
}

type Comparison = (typeof comparisons)[number];
const isComparison = (name: string): name is Comparison => comparisons.some((known) => known === name);

/** Reads the condition; undefined after reporting its problems. */
export function readCondition(block: Block, kind: CorrelationKind): ReadCondition | undefined {
  const { report, root } = block.document;
  const shape = kindShapes[kind];
  const entry = block.get('condition');
  const hint = `Add for example \`condition: ${shape.example}\``;
  if (shape.condition === 'none' && entry)
    return report.problem(entry.key, `\`${kind}\` has no \`condition\``, 'Remove it; `timespan` says all');
  if (!entry) {
    if (shape.condition === 'required') return report.problem(root, '`correlation` has no `condition`', hint);
    return { numbers: {}, limits: {}, fields: [] };
  }
  if (!isMap(entry.value))
    return report.problem(
      entry.value ?? entry.key,
      '`condition` must be a mapping',
      `Write for example \`condition: ${shape.example}\``,
    );
  const own = new Block({ ...block.document, root: entry.value });
  const entries = entriesOf(entry.value, report);
  const numbers = readNumbers(own, kind, entries);
  const compared = entries.filter(({ name }) => isComparison(name));
  if (compared.length === 0 && shape.comparisonNeeded)
    report.problem(entry.value, '`condition` has no limit', `Add for example \`gte: 10\``);
  const limits = Object.fromEntries(Object.entries(numbers).filter(([name]) => isComparison(name))) as Limits;
  if (!report.failed) refuseContradiction(own, limits, compared, shape);
  return { numbers, limits, fields: readFields(own, kind, entry) };
}

function readNumbers(own: Block, kind: CorrelationKind, entries: readonly Entry[]): Record<string, number> {
  const { report } = own.document;
  const shape = kindShapes[kind];
  const known = [...(shape.compares ? comparisons : []), ...shape.numbers];
  const numbers: Record<string, number> = {};
  for (const { name, key, value } of entries) {
    if (name === 'field' && shape.fields !== 'none') continue;
    if (name === 'field') {
      const counting = kind === 'event_count';
      report.problem(
        key,
        counting ? '`event_count` counts events, not a field' : `\`${kind}\` looks at no field`,
        counting ? 'Remove `field`, or use `type: value_count`' : 'Remove `field`',
      );
    } else if (!known.includes(name)) {
      const all = [...known, ...(shape.fields === 'none' ? [] : ['field'])];
      report.problem(key, `The condition of \`${kind}\` has no key \`${name}\``, `Use ${all.join(', ')}`);
    } else {
      const number = isScalar(value) ? value.value : undefined;
      const fault = numberFault(name, shape.compares, number);
      if (fault) report.problem(value ?? key, `\`${name}\` must be ${fault}`, `Write for example \`${shape.example}\``);
      else numbers[name] = number as number;
    }
  }
  return numbers;
}

/** What the number should have been, if it isn't. */
function numberFault(name: string, compares: 'count' | 'number' | null, value: unknown): string | undefined {
  const finite = typeof value === 'number' && Number.isFinite(value);
  if (isComparison(name)) {
    if (compares === 'number') return finite ? undefined : 'a number';
    const least = name === 'gte' || name === 'lt' ? 1 : 0;
    return finite && Number.isSafeInteger(value) && value >= least ? undefined : `a whole number from ${least}`;
  }
  if (name === 'percentile') return finite && value > 0 && value < 100 ? undefined : 'a number above 0 and below 100';
  if (name === 'factor') return finite && value > 1 ? undefined : 'a number above 1';
  if (name === 'deviations') return finite && value > 0 ? undefined : 'a number above 0';
  return finite && value >= 0 ? undefined : 'a number from 0';
}

/** Limits that say the same twice, or that no value can meet. */
function refuseContradiction(own: Block, limits: Limits, compared: readonly Entry[], shape: KindShape): void {
  const { report } = own.document;
  const at = (name: Comparison) => compared.find((entry) => entry.name === name)!.key;
  const { gt, gte, lt, lte, eq } = limits;
  const counts = shape.compares === 'count';
  if (gt !== undefined && gte !== undefined) {
    const second = compared.filter(({ name }) => name === 'gt' || name === 'gte')[1]!;
    report.problem(second.key, '`gte` and `gt` together say the same twice', 'Keep one');
  } else if (lt !== undefined && lte !== undefined) {
    const second = compared.filter(({ name }) => name === 'lt' || name === 'lte')[1]!;
    report.problem(second.key, '`lte` and `lt` together say the same twice', 'Keep one');
  } else if (eq !== undefined && compared.length > 1)
    report.problem(at('eq'), '`eq` leaves nothing for another limit to say', 'Keep `eq` alone, or remove it');
  else if (counts ? leastWithin(limits, 0) === undefined : isEmpty(limits))
    report.problem(
      compared.at(-1)!.key,
      'No value can be within these limits',
      limits.neq === undefined ? 'Exchange the lower and the upper limit' : 'Widen the limits, or remove `neq`',
    );
  else if (counts && leastWithin(limits, shape.least) === undefined)
    report.problem(
      compared.at(-1)!.key,
      'A window is judged only while it holds an event, so nothing can be within these limits',
      'Use `type: absence` to hear of what sends nothing, or raise the limit',
    );
}

/** The least whole number from `from` on that the limits allow. */
export function leastWithin({ gt, gte, lt, lte, eq, neq }: Limits, from: number): number | undefined {
  const low = Math.max(from, gte ?? from, gt === undefined ? from : gt + 1, eq ?? from);
  const least = low === neq ? low + 1 : low;
  const high = eq ?? lte ?? (lt === undefined ? least : lt - 1);
  return least <= high ? least : undefined;
}

/** Whether the limits allow no number at all. */
function isEmpty({ gt, gte, lt, lte, neq }: Limits): boolean {
  const low = gte ?? gt ?? Number.NEGATIVE_INFINITY;
  const high = lte ?? lt ?? Number.POSITIVE_INFINITY;
  return low > high || (low === high && (gt !== undefined || lt !== undefined || neq === low));
}

function readFields(condition: Block, kind: CorrelationKind, entry: Entry): Named[] {
  const { report } = condition.document;
  const { fields } = kindShapes[kind];
  if (fields === 'none') return [];
  if (!condition.get('field')) {
    const needed = kind === 'value_count' ? '`value_count` needs the `field` whose values it counts' : undefined;
    if (fields !== 'optional')
      report.problem(entry.key, needed ?? `\`${kind}\` needs a \`field\``, 'Add `field: ...` to `condition`');
    return [];
  }
  const named = condition.names('field');
  const second = named[1];
  if (named.length === 0) report.problem(condition.get('field')!.key, '`field` names no field', 'Name one');
  for (const [at, { text, node }] of named.entries())
    if (named.findIndex((other) => other.text === text) < at)
      report.problem(node, `\`${text}\` is there twice`, 'Name each field once');
  if (second && fields !== 'several')
    report.problem(second.node, `\`${kind}\` looks at one field`, 'Name one field, or write a rule for each');
  return named;
}
