import { Block, type Named } from './block.js';
import { entriesOf, isMap, isScalar, type Node } from './source.js';
import { type Correlation } from './types.js';

const comparisons = ['gte', 'gt', 'lt', 'lte', 'eq', 'neq'];

/** What a correlation's `condition:` says. */
export interface Limit {
  condition: Record<string, number>;
  threshold: number;
  field?: Named;
}

/** Reads the condition; undefined after reporting its problems. */
export function readLimit(block: Block, kind: Correlation['kind'] | undefined): Limit | undefined {
  const { report, root } = block.document;
  const entry = block.get('condition');
  if (!entry) return report.problem(root, '`correlation` has no `condition`', 'Add for example `condition: {gte: 10}`');
  if (!isMap(entry.value))
    return report.problem(
      entry.value ?? entry.key,
      '`condition` must be a mapping',
      'Write for example `condition: {gte: 10}`',
    );
  const own = new Block({ ...block.document, root: entry.value });
  const entries = entriesOf(entry.value, report);
  for (const { name, key } of entries) {
    if (name === 'gte' || name === 'gt' || (name === 'field' && kind !== 'event_count')) continue;
    if (name === 'field')
      report.problem(key, '`event_count` counts events, not a field', 'Remove `field`, or use `type: value_count`');
    else if (comparisons.includes(name))
      report.problem(key, `\`${name}\` is not supported yet in a correlation's condition`, 'Use `gte` or `gt`');
    else
      report.problem(key, `\`condition\` has no key \`${name}\``, 'Use `gte` or `gt`, and `field` with `value_count`');
  }
  const [limit, second] = entries.filter(({ name }) => name === 'gte' || name === 'gt');
  if (!limit) return report.problem(entry.value, '`condition` has no limit', 'Add for example `gte: 10`');
  if (second) return report.problem(second.key, '`gte` and `gt` together say the same twice', 'Keep one');
  const count = isScalar(limit.value) ? limit.value.value : undefined;
  const least = limit.name === 'gte' ? 1 : 0;
  if (!Number.isSafeInteger(count) || (count as number) < least)
    return report.problem(
      limit.value ?? limit.key,
      `\`${limit.name}\` must be a whole number from ${least}`,
      `Write for example \`${limit.name}: 10\``,
    );
  const field = kind === 'value_count' ? readCounted(own, entry.key) : undefined;
  return {
    condition: { [limit.name]: count as number },
    threshold: limit.name === 'gte' ? (count as number) : (count as number) + 1,
    ...(field ? { field } : {}),
  };
}

function readCounted(condition: Block, at: Node): Named | undefined {
  const { report } = condition.document;
  if (!condition.get('field'))
    return report.problem(
      at,
      '`value_count` needs the `field` whose values it counts',
      'Add `field: ...` to `condition`',
    );
  const [field, second] = condition.names('field');
  if (second)
    return report.problem(second.node, 'Counting several fields together is not supported yet', 'Name one field');
  return field;
}
