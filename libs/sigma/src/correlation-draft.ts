import { Block, type Named } from './block.js';
import { isMap, isScalar } from './source.js';

/** A correlation's block, read far enough to know which rules it is made of. */
export class CorrelationDraft {
  readonly block: Block | undefined;
  /** The names and ids under `rules:`. */
  readonly references: readonly Named[];
  /** `generate: true`: the referred rules alert on their own, too. */
  readonly generate: boolean;

  constructor(readonly header: Block) {
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
    this.block = new Block({ ...header.document, root: entry.value });
    this.references = readReferences(this.block);
    this.generate = readGenerate(this.block);
  }
}

function readReferences(block: Block): Named[] {
  const { report, root } = block.document;
  const entry = block.get('rules');
  if (!entry) {
    report.problem(root, '`correlation` has no `rules`', 'Name the rules to count, by name or id');
    return [];
  }
  const references: Named[] = [];
  for (const { text, node } of block.names('rules')) {
    if (references.some((r) => r.text === text))
      report.problem(node, `\`${text}\` is there twice`, 'Name each rule once');
    else references.push({ text, node });
  }
  if (references.length === 0)
    report.problem(entry.value ?? entry.key, '`rules` names no rule', 'Name the rules to count, by name or id');
  return references;
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
