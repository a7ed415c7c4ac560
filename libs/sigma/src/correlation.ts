import { type Block, durationHint } from './block.js';
import { refuseUnchainable } from './correlation-chain.js';
import { type CorrelationDraft } from './correlation-draft.js';
import { CorrelationFields, type Input } from './correlation-fields.js';
import { kindShapes } from './correlation-kinds.js';
import { readCondition } from './correlation-limit.js';
import { makeKind } from './correlation-make.js';
import { type Correlation, type CorrelationKind, correlationKinds, type GroupField } from './correlation-types.js';
import { type FieldTable } from './fields.js';
import { readInfo } from './header.js';
import { type LogSource } from './logsources/logsource.js';
import { listed, nearest } from './problems.js';
import { entriesOf } from './source.js';
import { type Detection, type Severity, severities } from './types.js';

/** What a name or id in `rules:` stands for. */
export type Referred =
  | { kind: 'detection'; detection: Detection; source: LogSource }
  | { kind: 'correlation'; correlation: Correlation }
  | { kind: 'filter' | 'placeholders' | 'mapping' | 'refused' | 'circle' };

const blockKeys = ['type', 'rules', 'group-by', 'timespan', 'condition', 'aliases', 'generate'];

/** Compiles a correlation; undefined after reporting its problems. */
export function compileCorrelation(
  draft: CorrelationDraft,
  find: (name: string) => Referred | undefined,
  known: () => Iterable<string>,
  table: FieldTable,
  alerting: boolean,
): Correlation | undefined {
  const { header, block } = draft;
  const { report } = header.document;
  if (!block) return undefined;
  const kind = readKind(block);
  checkKeys(block, kind);
  const inputs = readRules(draft, find, known);
  const info = readInfo(header, highest(inputs.map((input) => infoOf(input).severity)));
  const windows = readTimespans(block, kind);
  const condition = kind && readCondition(block, kind);
  if (kind && condition) refuseUnchainable(block, kind, condition, inputs);
  const fields = new CorrelationFields(block, inputs);
  const groupBy = readGroupBy(block, fields);
  const values = condition?.fields.map((named) => fields.locate(named)) ?? [];
  fields.refuseUnused();
  const quietMs = header.duration('quiet') ?? windows.at(-1)?.ms;
  const made = kind && condition ? makeKind(kind, block, condition, { inputs: inputs.length, windows }) : undefined;
  if (report.failed || !made || !condition || quietMs === undefined || values.includes(undefined)) return undefined;
  const slotted = (values as ((fields: FieldTable) => GroupField)[]).map((locate) => locate(table));
  const rules = inputs.map((input) => (input.kind === 'detection' ? input.detection : input.correlation));
  const base = {
    info,
    inputs: rules,
    detections: inputs.flatMap((input) => (input.kind === 'detection' ? [input.detection] : [])),
    groupBy: groupBy.map((locate) => locate(table)),
    timespanMs: windows.at(-1)!.ms,
    timespan: windows.map(({ text }) => text).join(', '),
    condition: condition.numbers,
    quietMs,
    alerting,
  };
  return { ...base, ...made(slotted) } as Correlation;
}

function infoOf(input: Input) {
  return input.kind === 'detection' ? input.detection.info : input.correlation.info;
}

function checkKeys(block: Block, kind: CorrelationKind | undefined): void {
  const { report, root } = block.document;
  const all = kind ? [...blockKeys, ...kindShapes[kind].keys] : blockKeys;
  for (const { name, key } of entriesOf(root, report)) {
    if (all.includes(name)) continue;
    const owners = correlationKinds.filter((k) => kindShapes[k].keys.includes(name));
    if (name === 'quiet' || name === 'decision' || name === 'owner' || name === 'runbook')
      report.problem(key, `\`${name}\` belongs to the rule, not to its \`correlation\``, 'Move it to the left margin');
    else if (owners.length > 0 && kind)
      report.problem(key, `\`${name}\` has no meaning with \`type: ${kind}\``, `It belongs to ${listed(owners)}`);
    else if (owners.length === 0) {
      const near = nearest(name, all);
      report.problem(
        key,
        `\`correlation\` has no key \`${name}\``,
        near ? `Perhaps you meant \`${near}\`` : `Known: ${all.join(', ')}`,
      );
    }
  }
}

function readKind(block: Block): CorrelationKind | undefined {
  const { report, root } = block.document;
  if (block.get('type')) return block.oneOf('type', correlationKinds);
  return report.problem(root, '`correlation` has no `type`', `Use ${listed(correlationKinds)}`);
}

function readRules(
  draft: CorrelationDraft,
  find: (name: string) => Referred | undefined,
  known: () => Iterable<string>,
): Input[] {
  const { report } = draft.header.document;
  const inputs: Input[] = [];
  const seen = new Set<Detection | Correlation>();
  for (const named of draft.references) {
    const { text, node } = named;
    const referred = find(text);
    if (!referred) {
      const near = nearest(text, known());
      report.problem(
        node,
        `No rule has the name or id \`${text}\``,
        near ? `Perhaps you meant \`${near}\`` : 'Add the rule, in this file or another',
      );
    } else if (referred.kind === 'detection' || referred.kind === 'correlation') {
      const rule = referred.kind === 'detection' ? referred.detection : referred.correlation;
      if (seen.has(rule)) report.problem(node, `\`${text}\` names a rule that is already there`, 'Name each rule once');
      seen.add(rule);
      inputs.push({ ...referred, named });
    } else if (referred.kind === 'refused')
      report.problem(node, `The rule \`${text}\` was refused`, 'Correct that rule first');
    else if (referred.kind === 'circle')
      report.problem(node, `\`${text}\` is made of this correlation itself`, 'Break the circle');
    else report.problem(node, `\`${text}\` is no rule but ${referred.kind}`, 'Name detections and correlations');
  }
  return inputs;
}

function highest(given: readonly Severity[]): Severity {
  return given.length === 0 ? 'medium' : severities[Math.max(...given.map((s) => severities.indexOf(s)))]!;
}

/** The timespan; for `ratio` it may be a list. Ascending. */
function readTimespans(block: Block, kind: CorrelationKind | undefined): { text: string; ms: number }[] {
  const { report, root } = block.document;
  if (!block.get('timespan')) {
    report.problem(root, '`correlation` has no `timespan`', durationHint);
    return [];
  }
  const read = kind === 'ratio' ? block.durations('timespan') : [block.durationAt('timespan')];
  const windows = read.flatMap((window) => (window ? [window] : []));
  for (const { ms, node } of windows)
    if (ms === 0) report.problem(node, '`timespan` must be longer than nothing', durationHint);
  return windows.toSorted((a, b) => a.ms - b.ms);
}

function readGroupBy(block: Block, fields: CorrelationFields): ((fields: FieldTable) => GroupField)[] {
  const { report, root } = block.document;
  const entry = block.get('group-by');
  const hint = 'Name the fields that tell groups apart, for example `group-by: [c-ip]`';
  if (!entry) return report.problem(root, '`correlation` has no `group-by`', hint) ?? [];
  const seen = new Set<string>();
  const groups: ((fields: FieldTable) => GroupField)[] = [];
  for (const named of block.names('group-by')) {
    if (seen.has(named.text)) report.problem(named.node, `\`${named.text}\` is there twice`, 'Name each field once');
    else {
      const located = fields.locate(named);
      if (located) groups.push(located);
    }
    seen.add(named.text);
  }
  if (seen.size === 0) report.problem(entry.value ?? entry.key, '`group-by` names no field', hint);
  return groups;
}
