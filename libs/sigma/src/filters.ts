import { type Condition, parseCondition } from './condition.js';
import { compileDetection } from './detection.js';
import { type Draft } from './drafts.js';
import { FieldTable } from './fields.js';
import { type LogSource } from './logsources/logsource.js';
import { isWithin, type LogSourceNames, readSourceNames } from './logsources/resolve.js';
import { AskedPlaceholders, type Placeholders } from './placeholders.js';
import { nearest } from './problems.js';
import { scopeOf } from './scope.js';
import { entriesOf, isMap, isScalar, itemsOf, type Node, type SourceDocument, textOf, type YAMLMap } from './source.js';

/** A filter as it applies to a rule: events that meet its condition are not matched. */
export interface Filter {
  document: SourceDocument;
  block: YAMLMap;
}

/** The filters of each rule. One whose report has failed was refused, and its rules must not run without it. */
export type Filters = ReadonlyMap<Draft, readonly Filter[]>;

interface Around {
  drafts: readonly Draft[];
  registry: ReadonlyMap<string, Draft>;
  sources: ReadonlyMap<Draft, LogSource>;
  placeholders: Placeholders;
}

/** Reads and checks all filters, each against every rule that it applies to. */
export function readFilters(around: Around): Filters {
  const filters = new Map<Draft, Filter[]>();
  for (const draft of around.drafts) {
    if (draft.kind !== 'filter') continue;
    const { document } = draft.header;
    const { report } = document;
    if (!draft.header.text('title', 256))
      report.problem(document.root, 'The filter has no `title`', 'Add `title:` with what it keeps out');
    const entry = draft.header.get('filter')!;
    if (!isMap(entry.value)) {
      const hint = 'Give it `rules`, search identifiers and a `condition`';
      report.problem(entry.value ?? entry.key, '`filter` must be a mapping', hint);
      continue;
    }
    const filter: Filter = { document, block: entry.value };
    const names = readSourceNames(draft.header);
    const targets = targetsOf(filter, names, around);
    refuseNegation(filter);
    for (const target of targets) {
      const source = around.sources.get(target);
      if (source)
        compileDetection(
          document,
          filter.block,
          scopeOf(source, new FieldTable(), document, new AskedPlaceholders(around.placeholders)),
          'filter',
        );
      filters.set(target, [...(filters.get(target) ?? []), filter]);
    }
  }
  return filters;
}

/** The rules that `rules:` names: by id or name, or `any` for all of the filter's log source. */
function targetsOf({ document, block }: Filter, names: LogSourceNames | undefined, around: Around): Draft[] {
  const { report } = document;
  const rules = entriesOf(block, report).find((entry) => entry.name === 'rules');
  if (!rules)
    return (
      report.problem(block, '`filter` has no `rules`', 'Name the rules it applies to, or write `rules: any`') ?? []
    );
  const namesOf = (draft: Draft) => readSourceNames(draft.header) ?? {};
  if (isScalar(rules.value) && rules.value.value === 'any')
    return around.drafts.filter((d) => around.sources.has(d) && names && isWithin(namesOf(d), names));
  const targets: Draft[] = [];
  for (const node of itemsOf(rules.value)) {
    const text = isScalar(node) && node.value !== null ? textOf(node) : undefined;
    if (text === undefined) {
      report.problem(node ?? rules.key, '`rules` must be a list of names', 'Write one name or id per line');
      continue;
    }
    const target = around.registry.get(text);
    const near = nearest(text, around.registry.keys());
    if (!target)
      report.problem(
        node,
        `No rule has the name or id \`${text}\``,
        near ? `Perhaps you meant \`${near}\`` : 'Add the rule, in this file or another',
      );
    else if (target.kind !== 'detection')
      report.problem(node, `\`${text}\` is no detection rule`, 'Name the detections that it is made of');
    else {
      targets.push(target);
      refuseOtherSource(target, node!, names, report);
    }
  }
  if (targets.length === 0 && !report.failed) report.problem(rules.key, '`rules` names no rule', 'Name at least one');
  return targets;
}

function refuseOtherSource(
  target: Draft,
  node: Node,
  names: LogSourceNames | undefined,
  report: SourceDocument['report'],
): void {
  const theirs = target.header.get('logsource') ? readSourceNames(target.header) : undefined;
  if (!names || !theirs || isWithin(theirs, names)) return;
  report.problem(
    node,
    `The rule \`${target.header.document.report.rule}\` is not of the filter's log source`,
    'Give the filter the `logsource` of its rules',
  );
}

/**
 * Sigma's specification keeps out what the condition selects; tools exist that keep it in. A condition that holds for
 * events that no search identifier selects is written for those, and would silence all that it does not name here.
 */
function refuseNegation({ document, block }: Filter): void {
  const entries = entriesOf(block, document.report);
  const names = entries.flatMap(({ name }) => (name === 'rules' || name === 'condition' ? [] : [name]));
  for (const node of itemsOf(entries.find(({ name }) => name === 'condition')?.value ?? null)) {
    if (!isScalar(node) || typeof node.value !== 'string') continue;
    const parsed = parseCondition(node.value, names);
    if ('kind' in parsed && holdsForTheRest(parsed))
      document.report.problem(
        node,
        'A filter keeps out what its condition selects, so this `not` would keep out all the rest',
        'Name what is to be kept out: `a` instead of `not a`, `a or b` instead of `not a and not b`',
      );
  }
}

/** Whether it holds for an event that no search identifier selects. */
function holdsForTheRest(condition: Condition): boolean {
  if (condition.kind === 'name') return false;
  if (condition.kind === 'not') return !holdsForTheRest(condition.of);
  return condition.kind === 'and' ? condition.of.every(holdsForTheRest) : condition.of.some(holdsForTheRest);
}
