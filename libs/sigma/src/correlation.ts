import { durationMaxMs, parseDuration } from './duration.js';
import { type FieldTable } from './fields.js';
import { Header as Block, durationHint, type Header, readInfo } from './header.js';
import { type LogSource } from './logsources/logsource.js';
import { locateField } from './logsources/resolve.js';
import { listed, nearest, type Report } from './problems.js';
import { entriesOf, isMap, isScalar, type Node, textOf, type YAMLMap } from './source.js';
import { type Correlation, type Detection, type GroupField, type Severity, severities } from './types.js';

/** What a name or id in `rules:` stands for. */
export type Referred =
  | { kind: 'detection'; detection: Detection; source: LogSource }
  | { kind: 'correlation' | 'filter' | 'refused' };

const kinds = ['event_count', 'value_count'] as const;
const laterKinds = ['temporal', 'temporal_ordered', 'value_sum', 'value_avg', 'value_percentile', 'value_median'];
const blockKeys = ['type', 'rules', 'group-by', 'timespan', 'condition', 'generate'];
const comparisons = ['gte', 'gt', 'lt', 'lte', 'eq', 'neq'];

/** The names and ids under `rules:` with their places. */
export interface Reference {
  text: string;
  node: Node;
}

/** A correlation's block, read far enough to know which rules it is made of. */
export class CorrelationDraft {
  readonly block: Block | undefined;
  readonly references: readonly Reference[];
  /** `generate: true`: the referred rules alert on their own, too. */
  readonly generate: boolean;

  constructor(readonly header: Header) {
    const entry = header.get('correlation')!;
    const { report } = header.document;
    if (!isMap(entry.value)) {
      report.problem(
        entry.value ?? entry.key,
        '`correlation` must be a mapping',
        'Give it `type`, `rules`, `group-by`, `timespan` and `condition`',
      );
      this.references = [];
      this.generate = false;
      return;
    }
    this.block = new Block({ ...header.document, root: entry.value as YAMLMap });
    this.references = readReferences(this.block);
    this.generate = readGenerate(this.block);
  }
}

function readReferences(block: Block): Reference[] {
  const { report, root } = block.document;
  const entry = block.get('rules');
  if (!entry) {
    report.problem(root, '`correlation` has no `rules`', 'Name the rules to count, by name or id');
    return [];
  }
  const references: Reference[] = [];
  for (const { text, node } of labels(block, 'rules')) {
    if (references.some((r) => r.text === text))
      report.problem(node, `\`${text}\` is there twice`, 'Name each rule once');
    else references.push({ text, node });
  }
  if (references.length === 0)
    report.problem(entry.value ?? entry.key, '`rules` names no rule', 'Name the rules to count, by name or id');
  return references;
}

/** A list of texts (or one text) with their nodes. */
function labels(block: Block, name: string): Reference[] {
  const entry = block.get(name);
  const { report } = block.document;
  const items =
    entry?.value && 'items' in entry.value && !isMap(entry.value)
      ? (entry.value.items as (Node | null)[])
      : [entry?.value ?? null];
  const found: Reference[] = [];
  for (const node of items) {
    if (isScalar(node) && node.value !== null) found.push({ text: textOf(node), node });
    else
      report.problem(
        node ?? entry?.key,
        `\`${name}\` must be a list of names`,
        'Write one name per line, each after `- `',
      );
  }
  return found;
}

function readGenerate(block: Block): boolean {
  const entry = block.get('generate');
  if (!entry) return false;
  if (isScalar(entry.value) && typeof entry.value.value === 'boolean') return entry.value.value;
  block.document.report.problem(
    entry.value ?? entry.key,
    '`generate` must be true or false',
    'Write `generate: true` to let the referred rules alert on their own',
  );
  return false;
}

/** Compiles a correlation; undefined after reporting its problems. */
export function compileCorrelation(
  draft: CorrelationDraft,
  find: (name: string) => Referred | undefined,
  known: () => Iterable<string>,
  fields: FieldTable,
): Correlation | undefined {
  const { header, block } = draft;
  const { report } = header.document;
  if (!block) return undefined;
  checkKeys(block);
  const kind = readKind(block);
  const sources = readRules(draft, find, known);
  const detections = [...sources.keys()];
  const info = readInfo(header, highest(detections.map((d) => d.info.severity)));
  const timespan = block.text('timespan', 10);
  const timespanMs = readTimespan(block);
  const limit = readCondition(block, kind);
  const groupPaths = readGroupBy(block, sources);
  const valuePaths = limit?.field ? locateAll(limit.field.text, limit.field.node, sources, report) : undefined;
  const quietMs = header.duration('quiet') ?? timespanMs;
  if (report.failed || !kind || !limit || timespan === undefined || timespanMs === undefined || quietMs === undefined)
    return undefined;
  const slots = (paths: ReadonlyMap<Detection, string>) =>
    new Map([...paths].map(([d, path]) => [d, fields.slot(path)]));
  return {
    info,
    kind,
    detections,
    groupBy: groupPaths.map(({ name, paths }): GroupField => ({ name, slots: slots(paths) })),
    ...(limit.field && valuePaths ? { valueField: limit.field.text, valueSlot: slots(valuePaths) } : {}),
    timespanMs,
    timespan,
    condition: limit.condition,
    threshold: limit.threshold,
    quietMs,
  };
}

function checkKeys(block: Block): void {
  const { report, root } = block.document;
  for (const { name, key } of entriesOf(root, report)) {
    if (blockKeys.includes(name)) continue;
    if (name === 'aliases')
      report.problem(key, '`aliases` are not supported yet', 'Write one correlation per log source');
    else if (name === 'quiet' || name === 'decision' || name === 'owner' || name === 'runbook')
      report.problem(key, `\`${name}\` belongs to the rule, not to its \`correlation\``, 'Move it to the left margin');
    else {
      const near = nearest(name, blockKeys);
      report.problem(
        key,
        `\`correlation\` has no key \`${name}\``,
        near ? `Perhaps you meant \`${near}\`` : `Known: ${blockKeys.join(', ')}`,
      );
    }
  }
}

function readKind(block: Block): Correlation['kind'] | undefined {
  const { report, root } = block.document;
  const type = block.get('type')?.value;
  if (!type) return report.problem(root, '`correlation` has no `type`', `Use ${listed(kinds)}`);
  if (isScalar(type) && laterKinds.includes(String(type.value)))
    return report.problem(type, `The correlation type \`${type.value}\` is not supported yet`, `Use ${listed(kinds)}`);
  return block.oneOf('type', kinds);
}

function readRules(
  draft: CorrelationDraft,
  find: (name: string) => Referred | undefined,
  known: () => Iterable<string>,
): Map<Detection, LogSource> {
  const { report } = draft.header.document;
  const sources = new Map<Detection, LogSource>();
  for (const { text, node } of draft.references) {
    const referred = find(text);
    if (!referred) {
      const near = nearest(text, known());
      report.problem(
        node,
        `No rule has the name or id \`${text}\``,
        near ? `Perhaps you meant \`${near}\`` : 'Add the rule, in this file or another',
      );
    } else if (referred.kind === 'detection') {
      if (sources.has(referred.detection))
        report.problem(node, `\`${text}\` names a rule that is already there`, 'Name each rule once');
      sources.set(referred.detection, referred.source);
    } else if (referred.kind === 'refused')
      report.problem(node, `The rule \`${text}\` was refused`, 'Correct that rule first');
    else
      report.problem(
        node,
        `\`${text}\` is a ${referred.kind}; only detection rules can be counted for now`,
        'Name detection rules',
      );
  }
  return sources;
}

function highest(given: readonly Severity[]): Severity {
  return given.length === 0 ? 'medium' : severities[Math.max(...given.map((s) => severities.indexOf(s)))]!;
}

function readTimespan(block: Block): number | undefined {
  const { report, root } = block.document;
  const entry = block.get('timespan');
  if (!entry) return report.problem(root, '`correlation` has no `timespan`', durationHint);
  const ms = parseDuration(block.text('timespan', 10) ?? '');
  if (ms !== undefined && ms > 0 && ms <= durationMaxMs) return ms;
  if (ms === undefined) return block.duration('timespan');
  return report.problem(entry.value, '`timespan` must be longer than nothing and at most 366d', durationHint);
}

interface Limit {
  condition: Record<string, number>;
  threshold: number;
  field?: Reference;
}

function readCondition(block: Block, kind: Correlation['kind'] | undefined): Limit | undefined {
  const { report, root } = block.document;
  const entry = block.get('condition');
  if (!entry) return report.problem(root, '`correlation` has no `condition`', 'Add for example `condition: {gte: 10}`');
  if (!isMap(entry.value))
    return report.problem(
      entry.value ?? entry.key,
      '`condition` must be a mapping',
      'Write for example `condition: {gte: 10}`',
    );
  const own = new Block({ ...block.document, root: entry.value as YAMLMap });
  const entries = entriesOf(entry.value as YAMLMap, report);
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

function readCounted(condition: Block, at: Node): Reference | undefined {
  const { report } = condition.document;
  if (!condition.get('field'))
    return report.problem(
      at,
      '`value_count` needs the `field` whose values it counts',
      'Add `field: ...` to `condition`',
    );
  const [field, second] = labels(condition, 'field');
  if (second)
    return report.problem(second.node, 'Counting several fields together is not supported yet', 'Name one field');
  return field;
}

interface GroupPaths {
  name: string;
  paths: ReadonlyMap<Detection, string>;
}

function readGroupBy(block: Block, sources: ReadonlyMap<Detection, LogSource>): GroupPaths[] {
  const { report, root } = block.document;
  const entry = block.get('group-by');
  const hint = 'Name the fields that tell groups apart, for example `group-by: [c-ip]`';
  if (!entry) return report.problem(root, '`correlation` has no `group-by`', hint) ?? [];
  const groups: GroupPaths[] = [];
  for (const { text, node } of labels(block, 'group-by')) {
    if (groups.some((g) => g.name === text)) report.problem(node, `\`${text}\` is there twice`, 'Name each field once');
    else groups.push({ name: text, paths: locateAll(text, node, sources, report) });
  }
  if (groups.length === 0) report.problem(entry.value ?? entry.key, '`group-by` names no field', hint);
  return groups;
}

/** Where each detection's events carry a field. */
function locateAll(
  name: string,
  node: Node,
  sources: ReadonlyMap<Detection, LogSource>,
  report: Report,
): Map<Detection, string> {
  const paths = new Map<Detection, string>();
  for (const [detection, source] of sources) {
    const located = locateField(source, name, node, report);
    if (located === undefined) break;
    if (typeof located === 'string') paths.set(detection, located);
    else {
      report.problem(node, `\`${name}\` is put together from several fields`, 'Use a field that events carry as such');
      break;
    }
  }
  return paths;
}
