import { type Block, durationHint } from './block.js';
import { type CorrelationDraft } from './correlation-draft.js';
import { readLimit } from './correlation-limit.js';
import { type FieldTable } from './fields.js';
import { readInfo } from './header.js';
import { type LogSource } from './logsources/logsource.js';
import { locateField } from './logsources/resolve.js';
import { listed, nearest, type Report } from './problems.js';
import { entriesOf, isScalar, type Node } from './source.js';
import { type Correlation, type Detection, type GroupField, type Severity, severities } from './types.js';

/** What a name or id in `rules:` stands for. */
export type Referred =
  | { kind: 'detection'; detection: Detection; source: LogSource }
  | { kind: 'correlation' | 'filter' | 'refused' };

const kinds = ['event_count', 'value_count'] as const;
const laterKinds = ['temporal', 'temporal_ordered', 'value_sum', 'value_avg', 'value_percentile', 'value_median'];
const blockKeys = ['type', 'rules', 'group-by', 'timespan', 'condition', 'generate'];

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
  const timespan = block.text('timespan', 256);
  const timespanMs = readTimespan(block);
  const limit = readLimit(block, kind);
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
  const ms = block.duration('timespan');
  return ms === 0 ? report.problem(entry.value, '`timespan` must be longer than nothing', durationHint) : ms;
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
  for (const { text, node } of block.names('group-by')) {
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
