import { Block } from './block.js';
import { compileCorrelation, type Referred } from './correlation.js';
import { CorrelationDraft } from './correlation-draft.js';
import { compileDetection } from './detection.js';
import { FieldTable } from './fields.js';
import { readInfo, readName } from './header.js';
import { allOf, overField } from './logic.js';
import { type LogSource } from './logsources/logsource.js';
import { fieldResolver, readLogSource } from './logsources/resolve.js';
import { type ViewTest } from './modifiers/modifier.js';
import { textTest } from './modifiers/strings.js';
import { slotReader } from './reader.js';
import { entriesOf, isMap, isScalar, itemsOf, type Node, readDocuments, textOf } from './source.js';
import { type Correlation, type Detection, type RuleFile, type RuleProblem } from './types.js';
import { parsePattern } from './wildcard.js';

/** Everything that a set of rule files amounts to. Rules with problems are left out of `detections` and `correlations`. */
export interface RuleSet {
  fields: FieldTable;
  detections: readonly Detection[];
  correlations: readonly Correlation[];
  problems: readonly RuleProblem[];
}

type Kind = 'detection' | 'correlation' | 'filter';

interface Draft {
  kind: Kind;
  header: Block;
  correlation?: CorrelationDraft;
}

/**
 * Reads, checks and compiles rule files, which may refer to each other. Pure, and never throws: whatever can't be run
 * exactly as written becomes a problem instead.
 */
export function compileRules(files: readonly RuleFile[]): RuleSet {
  const problems: RuleProblem[] = [];
  const fields = new FieldTable();
  const drafts = files
    .flatMap((file) => readDocuments(file, problems))
    .flatMap((document) => readDraft(new Block(document)));
  const registry = register(drafts);
  const filtered = filteredDrafts(drafts, registry);
  const referred = new Map<Draft, Referred>();
  const detections: Detection[] = [];
  for (const draft of drafts) {
    if (draft.kind !== 'detection') continue;
    const source = readLogSource(draft.header);
    refuseFiltered(draft, filtered);
    const detection = makeDetection(draft, source, fields, isAlerting(draft, drafts, registry));
    if (!detection || !source) continue;
    detections.push(detection);
    referred.set(draft, { kind: 'detection', detection, source });
  }
  const find = (name: string): Referred | undefined => {
    const draft = registry.get(name);
    return draft && (referred.get(draft) ?? { kind: draft.kind === 'detection' ? 'refused' : draft.kind });
  };
  const correlations: Correlation[] = [];
  for (const draft of drafts) {
    const { correlation } = draft;
    if (correlation) refuseFiltered(draft, filtered);
    const compiled = correlation && compileCorrelation(correlation, find, () => registry.keys(), fields);
    if (compiled) correlations.push(compiled);
  }
  const order = new Map(files.map(({ file }, index) => [file, index]));
  problems.sort((a, b) => order.get(a.file)! - order.get(b.file)! || a.line - b.line || a.column - b.column);
  return { fields, detections, correlations, problems };
}

/** Tells detection rules, correlations and filters apart; a document that is none of them is reported. */
function readDraft(header: Block): Draft[] {
  const { report, root } = header.document;
  report.rule = readName(header);
  const kinds = (['detection', 'correlation', 'filter'] as const).filter((kind) => header.get(kind));
  const [kind, second] = kinds;
  const hint = 'Write one document per rule, separated by `---`';
  if (header.get('action'))
    report.problem(header.get('action')!.key, '`action` is no longer part of Sigma', 'Write every document in full');
  if (!kind) {
    report.problem(
      root,
      'The rule has neither `detection` nor `correlation`',
      'Add `detection:` with search identifiers and a `condition`',
    );
    return [];
  }
  if (second) report.problem(header.get(second)!.key, `The rule has both \`${kind}\` and \`${second}\``, hint);
  if (kind === 'filter')
    report.problem(
      header.get('filter')!.key,
      'Filters are not supported yet',
      'Exclude the events in the rule itself, with `and not`',
    );
  if (kind === 'detection' && header.get('quiet'))
    report.problem(header.get('quiet')!.key, '`quiet` has a meaning for correlations only', 'Remove it');
  return [{ kind, header, ...(kind === 'correlation' ? { correlation: new CorrelationDraft(header) } : {}) }];
}

/** Rules by id and by name. What is taken already is reported, and the later rule refused. */
function register(drafts: readonly Draft[]): Map<string, Draft> {
  const registry = new Map<string, Draft>();
  for (const draft of drafts) claim(registry, draft, 'id', idOf(draft));
  for (const draft of drafts)
    if (draft.header.get('name')) claim(registry, draft, 'name', draft.header.document.report.rule);
  for (const draft of drafts) {
    const { report } = draft.header.document;
    if (draft.header.get('name')) continue;
    // A file's name is no claim to that name: many folders may hold a `rule.yml`, told apart by their ids.
    if (registry.has(report.rule!)) report.rule = idOf(draft) ?? report.rule;
    claim(registry, draft, 'name', report.rule);
  }
  return registry;
}

function idOf({ header }: Draft): string | undefined {
  const id = header.get('id')?.value;
  return isScalar(id) && id.value !== null ? textOf(id) : undefined;
}

function claim(registry: Map<string, Draft>, draft: Draft, key: 'id' | 'name', text: string | null | undefined): void {
  if (!text) return;
  const taken = registry.get(text);
  if (!taken || taken === draft) {
    registry.set(text, draft);
    return;
  }
  const { file, root, report } = taken.header.document;
  draft.header.document.report.problem(
    draft.header.get(key)?.value,
    `The ${key} \`${text}\` is taken by the rule at ${file}:${report.at(root).line}`,
    key === 'id' ? 'Give the rule an id of its own (a UUID v4)' : 'Give the rule a `name` of its own',
  );
}

/** Rules that a filter names. Filters are refused for now, and running these rules without theirs would change their meaning. */
function filteredDrafts(drafts: readonly Draft[], registry: ReadonlyMap<string, Draft>): Map<Draft, string> {
  const filtered = new Map<Draft, string>();
  for (const { kind, header } of drafts) {
    const block = header.get('filter')?.value;
    if (kind !== 'filter' || !isMap(block)) continue;
    const rules = entriesOf(block, header.document.report).find((entry) => entry.name === 'rules');
    for (const node of itemsOf(rules?.value ?? null)) {
      const draft = isScalar(node) ? registry.get(textOf(node)) : undefined;
      if (draft) filtered.set(draft, header.document.report.rule ?? header.document.file);
    }
  }
  return filtered;
}

function refuseFiltered(draft: Draft, filtered: ReadonlyMap<Draft, string>): void {
  const filter = filtered.get(draft);
  if (filter !== undefined)
    draft.header.document.report.problem(
      null,
      `The filter \`${filter}\` applies to this rule, and filters are not supported yet`,
      'Exclude the events in the rule itself, with `and not`',
    );
}

/** A detection that a correlation counts is a part of it, and alerts on its own only if some correlation says so. */
function isAlerting(draft: Draft, drafts: readonly Draft[], registry: ReadonlyMap<string, Draft>): boolean {
  const users = drafts.flatMap(({ correlation }) =>
    correlation?.references.some(({ text }) => registry.get(text) === draft) ? [correlation] : [],
  );
  return users.length === 0 || users.some((user) => user.generate);
}

function makeDetection(
  { header }: Draft,
  source: LogSource | undefined,
  fields: FieldTable,
  alerting: boolean,
): Detection | undefined {
  const { document } = header;
  const { report } = document;
  const info = readInfo(header);
  if (!source) return undefined;
  const block: Node | null = header.get('detection')!.value;
  // Compiled twice: a rule that turns out to be refused must leave no slots in the table that all rules share.
  const tried = compileDetection(document, block, fieldResolver(source, new FieldTable(), report));
  if (!tried || report.failed) return undefined;
  const test = compileDetection(document, block, fieldResolver(source, fields, report))!;
  const { test: matches } = allOf([...belongs(source, fields), test]);
  return { info, types: source.types, matches, alerting };
}

/** Tests that an event of the right type is of the log source at all. */
function belongs(source: LogSource, fields: FieldTable): ViewTest[] {
  return Object.entries(source.where ?? {}).map(([path, value]) =>
    overField(slotReader(path, fields.slot(path)), textTest(parsePattern(value), false)),
  );
}
