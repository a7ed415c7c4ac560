import { Block } from './block.js';
import { CorrelationDraft } from './correlation-draft.js';
import { readName } from './header.js';
import { isScalar, readDocuments, textOf } from './source.js';
import { type RuleFile, type RuleProblem } from './types.js';

const kinds = ['detection', 'correlation', 'filter', 'placeholders', 'mapping'] as const;

/** A document, told apart by kind. */
export interface Draft {
  kind: (typeof kinds)[number];
  header: Block;
  correlation?: CorrelationDraft;
}

/** The documents of rule files. What is none of the kinds is reported and left out, as is what can't be read. */
export function readDrafts(files: readonly RuleFile[], problems: RuleProblem[]): Draft[] {
  return files.flatMap((file) => readDocuments(file, problems)).flatMap((document) => readDraft(new Block(document)));
}

/** Tells the documents apart; one that is none of them is reported. */
function readDraft(header: Block): Draft[] {
  const { report, root } = header.document;
  report.rule = readName(header);
  const found = kinds.filter((kind) => header.get(kind));
  const [kind, second] = found;
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
  if (kind !== 'correlation' && header.get('quiet'))
    report.problem(header.get('quiet')!.key, '`quiet` has a meaning for correlations only', 'Remove it');
  return [{ kind, header, ...(kind === 'correlation' ? { correlation: new CorrelationDraft(header) } : {}) }];
}

/** Rules by id and by name. What is taken already is reported, and the later rule refused. */
export function register(drafts: readonly Draft[]): Map<string, Draft> {
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

export function idOf({ header }: Draft): string | undefined {
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

/** A rule that a correlation counts is a part of it, and alerts on its own only if some correlation says so. */
export function isAlerting(draft: Draft, drafts: readonly Draft[], registry: ReadonlyMap<string, Draft>): boolean {
  const users = drafts.flatMap(({ correlation }) =>
    correlation?.references.some(({ text }) => registry.get(text) === draft) ? [correlation] : [],
  );
  return users.length === 0 || users.some((user) => user.generate);
}
