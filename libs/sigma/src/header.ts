import { isCounted } from '#libs/events';
import { Block } from './block.js';
import { taxonomies } from './logsources/resolve.js';
import { entriesOf, isMap, isScalar } from './source.js';
import { type Decision, decisionTypes, type RuleInfo, type Severity, severities } from './types.js';

const states = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] as const;

/** Reads what a rule says about itself. Problems are reported; the result is complete all the same. */
export function readInfo(header: Block, fallbackSeverity: Severity = 'medium'): RuleInfo {
  const { document } = header;
  const { report } = document;
  if (!header.get('title'))
    report.problem(document.root, 'The rule has no `title`', 'Add `title:` with what the rule detects');
  if (header.oneOf('status', states) === 'unsupported')
    report.problem(
      header.get('status')!.value,
      "`status: unsupported` says that the rule can't be used as it is",
      'Correct the rule and change its status',
    );
  const taxonomy = header.text('taxonomy', 256);
  if (taxonomy !== undefined && !taxonomies.includes(taxonomy))
    report.problem(
      header.get('taxonomy')!.value,
      `The taxonomy \`${taxonomy}\` is not known`,
      "Use Sigma's own field names and remove `taxonomy`, or `ecs`",
    );
  const name = report.rule ?? '';
  const id = header.label('id') ?? name;
  if (!isCounted(id))
    report.problem(
      header.get('id')?.value ?? document.root,
      `The id \`${id}\` begins as those of alerts that no rule counts`,
      'Give the rule an id of its own (a UUID v4)',
    );
  return {
    id,
    name,
    title: header.label('title') ?? name,
    version: readVersion(header),
    severity: header.oneOf('level', severities) ?? fallbackSeverity,
    description: header.text('description', 65_535) ?? '',
    tags: header.texts('tags'),
    falsepositives: header.texts('falsepositives'),
    owner: header.label('owner') ?? null,
    runbook: header.label('runbook') ?? null,
    decision: readDecision(header),
    shadow: false,
    file: document.file,
    text: document.text,
  };
}

/** Sigma's `name`; else the file's stem, numbered from the second document on. */
export function readName(header: Block): string {
  const { file, index } = header.document;
  const stem = file.replace(/^.*[/\\]/, '').replace(/\.ya?ml$/i, '');
  return header.label('name') ?? (index === 0 ? stem : `${stem}-${index + 1}`);
}

function readVersion(header: Block): number {
  const value = header.get('version')?.value;
  if (value === undefined) return 1;
  if (isScalar(value) && Number.isSafeInteger(value.value) && (value.value as number) >= 1)
    return value.value as number;
  header.document.report.problem(
    value ?? header.get('version')!.key,
    '`version` must be a whole number from 1',
    'Write for example `version: 2`',
  );
  return 1;
}

function readDecision(header: Block): Decision | null {
  const entry = header.get('decision');
  if (!entry) return null;
  const { report } = header.document;
  const example = 'Write for example `decision: {type: ban, duration: 4h, scope: Ip}`';
  if (!isMap(entry.value))
    return report.problem(entry.value ?? entry.key, '`decision` must be a mapping', example) ?? null;
  const own = new Block({ ...header.document, root: entry.value });
  for (const { name, key } of entriesOf(entry.value, report))
    if (!['type', 'duration', 'scope'].includes(name))
      report.problem(key, `\`decision\` has no key \`${name}\``, example);
  for (const name of ['type', 'duration', 'scope'])
    if (!own.get(name)) report.problem(entry.key, `\`decision\` has no \`${name}\``, example);
  const type = own.oneOf('type', decisionTypes);
  const duration = own.text('duration', 256);
  const durationMs = own.duration('duration');
  const scope = own.label('scope');
  if (type === undefined || duration === undefined || durationMs === undefined || scope === undefined) return null;
  return { type, duration, durationMs, scope };
}
