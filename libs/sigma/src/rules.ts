import { createHash } from 'node:crypto';
import { compileCorrelation, type Referred } from './correlation.js';
import { type Correlation } from './correlation-types.js';
import { compileDetection } from './detection.js';
import { type Draft, isAlerting, readDrafts, register } from './drafts.js';
import { FieldTable } from './fields.js';
import { type Filter, type Filters, readFilters } from './filters.js';
import { readInfo } from './header.js';
import { allOf, not, overField } from './logic.js';
import { type LogSource } from './logsources/logsource.js';
import { readMappings } from './logsources/mapping.js';
import { readLogSource } from './logsources/resolve.js';
import { type ViewTest } from './modifiers/modifier.js';
import { textTest } from './modifiers/strings.js';
import { AskedPlaceholders, type Placeholders, readPlaceholders } from './placeholders.js';
import { slotReader } from './reader.js';
import { scopeOf } from './scope.js';
import { entriesOf, type SourceDocument } from './source.js';
import { type Detection, type DocumentPlace, type RuleFile, type RuleProblem } from './types.js';
import { anyValue } from './value-list.js';
import { parsePattern } from './wildcard.js';

/** Everything that a set of rule files amounts to. Rules with problems are left out of `detections` and `correlations`. */
export interface RuleSet {
  fields: FieldTable;
  detections: readonly Detection[];
  /** A correlation that others are made of comes before them. */
  correlations: readonly Correlation[];
  problems: readonly RuleProblem[];
}

/**
 * Reads, checks and compiles rule files, which may refer to each other. Pure, and never throws: whatever can't be run
 * exactly as written becomes a problem instead.
 */
export function compileRules(files: readonly RuleFile[]): RuleSet {
  const problems: RuleProblem[] = [];
  const fields = new FieldTable();
  const drafts = readDrafts(files, problems);
  const registry = register(drafts);
  const placeholders = readPlaceholders(drafts);
  const mappings = readMappings(drafts);
  const sources = new Map<Draft, LogSource>();
  for (const draft of drafts) {
    const source = draft.kind === 'detection' ? readLogSource(draft.header, [...mappings.keys()]) : undefined;
    if (source) sources.set(draft, source);
  }
  const filters = readFilters({ drafts, registry, sources, placeholders });
  const referred = new Map<Draft, Referred>();
  const detections: Detection[] = [];
  for (const draft of drafts) {
    if (draft.kind !== 'detection') continue;
    const source = sources.get(draft);
    const alerting = isAlerting(draft, drafts, registry);
    const detection = makeDetection(draft, source, { fields, placeholders, filters, mappings }, alerting);
    if (!detection || !source) continue;
    detections.push(detection);
    referred.set(draft, { kind: 'detection', detection, source });
  }
  const correlations = compileCorrelations(drafts, registry, referred, fields);
  const order = new Map(files.map(({ file }, index) => [file, index]));
  problems.sort((a, b) => order.get(a.file)! - order.get(b.file)! || a.line - b.line || a.column - b.column);
  return { fields, detections, correlations, problems };
}

/** Correlations may be made of others, in any order, but not in a circle. */
function compileCorrelations(
  drafts: readonly Draft[],
  registry: ReadonlyMap<string, Draft>,
  referred: Map<Draft, Referred>,
  fields: FieldTable,
): Correlation[] {
  const correlations: Correlation[] = [];
  const find = (name: string): Referred | undefined => {
    const draft = registry.get(name);
    if (!draft) return undefined;
    if (draft.correlation && !referred.has(draft)) compile(draft);
    const { kind } = draft;
    return referred.get(draft) ?? { kind: kind === 'detection' || kind === 'correlation' ? 'refused' : kind };
  };
  const compile = (draft: Draft) => {
    referred.set(draft, { kind: 'circle' });
    const alerting = isAlerting(draft, drafts, registry);
    const correlation = compileCorrelation(draft.correlation!, find, () => registry.keys(), fields, alerting);
    referred.set(draft, correlation ? { kind: 'correlation', correlation } : { kind: 'refused' });
    if (correlation) correlations.push(correlation);
  };
  for (const draft of drafts) if (draft.correlation && !referred.has(draft)) compile(draft);
  return correlations;
}

interface Around {
  fields: FieldTable;
  placeholders: Placeholders;
  filters: Filters;
  mappings: ReadonlyMap<LogSource, SourceDocument>;
}

function makeDetection(
  draft: Draft,
  source: LogSource | undefined,
  { fields, placeholders: all, filters, mappings }: Around,
  alerting: boolean,
): Detection | undefined {
  const { document } = draft.header;
  const info = readInfo(draft.header);
  const own = filters.get(draft) ?? [];
  for (const filter of own)
    if (filter.document.report.failed)
      document.report.problem(
        null,
        `The filter \`${filter.document.report.rule}\` applies to this rule, and was refused`,
        'Correct the filter first',
      );
  if (!source) return undefined;
  const placeholders = new AskedPlaceholders(all);
  const compile = (table: FieldTable) =>
    compileDetection(document, draft.header.get('detection')!.value, scopeOf(source, table, document, placeholders));
  // Compiled twice: a rule that turns out to be refused must leave no slots in the table that all rules share.
  if (!compile(new FieldTable()) || document.report.failed) return undefined;
  const test = compile(fields)!;
  const kept = own.map((filter) =>
    not(
      compileDetection(
        filter.document,
        filter.block,
        scopeOf(source, fields, filter.document, placeholders),
        'filter',
      )!,
    ),
  );
  const { test: matches, need } = allOf([...belongs(source, fields), test, ...kept]);
  const asked = [...placeholders.asked];
  const meaning = meaningOf([
    source,
    draft.header.get('detection')!.value,
    own.map(selected),
    asked.map(([name, { values }]) => [name, values]),
  ]);
  const others = [mappings.get(source) ?? [], [...own, ...placeholders.asked.values()].map((other) => other.document)];
  return { info, meaning, takes: placesOf(others.flat()), types: source.types, matches, need, alerting };
}

/** Each document once. */
function placesOf(documents: readonly SourceDocument[]): DocumentPlace[] {
  return [...new Set(documents)].map(({ file, root, report }) => ({ file, line: report.at(root).line }));
}

/** What a filter keeps out; which other rules it is for makes no difference. */
function selected({ block, document }: Filter): unknown {
  return entriesOf(block, document.report).flatMap(({ name, value }) => (name === 'rules' ? [] : [[name, value]]));
}

function meaningOf(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

/** Tests that an event of the right type is of the log source at all. */
function belongs(source: LogSource, fields: FieldTable): ViewTest[] {
  return Object.entries(source.where ?? {}).map(([path, values]) =>
    overField(
      slotReader(path, fields.slot(path)),
      anyValue(
        values.map((value) => textTest(parsePattern(value), false)),
        false,
      ),
    ),
  );
}
