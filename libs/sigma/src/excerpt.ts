import { parseDocument } from 'yaml';
import { type Block } from './block.js';
import { type Draft, readDrafts, register } from './drafts.js';
import { readFilters } from './filters.js';
import { type LogSource } from './logsources/logsource.js';
import { readMappings } from './logsources/mapping.js';
import { readLogSource } from './logsources/resolve.js';
import { readPlaceholders } from './placeholders.js';
import { type RuleFile } from './types.js';

/**
 * One file that holds a rule, by its id or name, and all that it needs to run without the others: the rules that it
 * counts, the filters that apply to them, mappings of their log sources, placeholders. Null: there is no such rule.
 */
export function excerptRule(files: readonly RuleFile[], idOrName: string): string | null {
  const drafts = readDrafts(files, []);
  const registry = register(drafts);
  const wanted = registry.get(idOrName);
  if (wanted === undefined) return null;
  const rules = withCounted(wanted, registry);
  const mappings = readMappings(drafts);
  const sources = sourcesOf(drafts, mappings);
  const filters = readFilters({ drafts, registry, sources, placeholders: readPlaceholders(drafts) });
  const applied = new Set(rules.flatMap((rule) => (filters.get(rule) ?? []).map(({ document }) => document)));
  const used = new Set(rules.map((rule) => sources.get(rule)));
  const texts = [
    ...[...mappings].filter(([mapping]) => used.has(mapping)).map(([, { text }]) => text),
    ...rules.map(namedText),
    ...[...applied].map(({ text }) => filterText(text, rules)),
  ];
  if (texts.some((text) => /[|]expand\b/.test(text))) {
    const placeholders = drafts.filter(({ kind }) => kind === 'placeholders');
    texts.unshift(...placeholders.map(({ header }) => header.document.text));
  }
  return `${texts.map((text) => text.trimEnd()).join('\n---\n')}\n`;
}

/** What a correlation counts before itself. */
export function withCounted(draft: Draft, registry: ReadonlyMap<string, Draft>, above: readonly Draft[] = []): Draft[] {
  if (above.includes(draft)) return [];
  const counted = (draft.correlation?.references ?? []).flatMap(({ text }) => registry.get(text) ?? []);
  return [...new Set([...counted.flatMap((rule) => withCounted(rule, registry, [...above, draft])), draft])];
}

/** The log sources of detections. */
export function sourcesOf(drafts: readonly Draft[], mappings: ReturnType<typeof readMappings>): Map<Draft, LogSource> {
  const sources = new Map<Draft, LogSource>();
  for (const draft of drafts) {
    const source = draft.kind === 'detection' ? readLogSource(draft.header, [...mappings.keys()]) : undefined;
    if (source) sources.set(draft, source);
  }
  return sources;
}

/** A rule that goes by its file's name takes that name along. */
function namedText({ header }: Draft): string {
  const { text, report } = header.document;
  if (header.get('name')) return text;
  const name = JSON.stringify(report.rule);
  return text.startsWith('{') ? `{name: ${name}, ${text.slice(1)}` : `name: ${name}\n${text}`;
}

/** Without the rules that are not here: a filter that names one is refused. */
function filterText(text: string, rules: readonly Draft[]): string {
  const document = parseDocument(text);
  const named: unknown = document.getIn(['filter', 'rules']);
  if (named === 'any') return text;
  const labels = new Set(rules.flatMap(({ header }) => [header.document.report.rule, idOf(header)]));
  const { filter } = document.toJS() as { filter: { rules: unknown } };
  const all = [filter.rules].flat();
  const left = all.filter((label) => labels.has(String(label)));
  if (left.length === all.length) return text;
  document.setIn(['filter', 'rules'], left);
  return document.toString();
}

const idOf = (header: Block): string | undefined => (header.get('id') ? header.label('id') : undefined);
