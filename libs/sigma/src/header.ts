import { parseDuration } from './duration.js';
import { listed, nearest } from './problems.js';
import {
  type Entry,
  entriesOf,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type SourceDocument,
  textOf,
  type YAMLMap,
} from './source.js';
import { type Decision, decisionTypes, type RuleInfo, type Severity, severities } from './types.js';

/** The entries of a document by name, and typed reading of them that reports what doesn't fit. */
export class Header {
  readonly #entries: Map<string, Entry>;

  constructor(readonly document: SourceDocument) {
    this.#entries = new Map(entriesOf(document.root, document.report).map((entry) => [entry.name, entry]));
  }

  get(name: string): Entry | undefined {
    return this.#entries.get(name);
  }

  text(name: string, charsMax: number): string | undefined {
    const entry = this.get(name);
    if (!entry) return undefined;
    const { value } = entry;
    if (!isScalar(value) || value.value === null)
      return this.document.report.problem(
        value ?? entry.key,
        `\`${name}\` must be text`,
        `Write \`${name}: ...\` on one line`,
      );
    const text = textOf(value);
    if (text.length > charsMax)
      return this.document.report.problem(value, `\`${name}\` is longer than ${charsMax} characters`, 'Shorten it');
    return text;
  }

  /** Like `text`, for what becomes part of keys and addresses: one line, not empty. */
  label(name: string): string | undefined {
    const text = this.text(name, 256);
    if (text === undefined || /^[^\p{Cc}]+$/u.test(text)) return text;
    return this.document.report.problem(
      this.get(name)!.value,
      `\`${name}\` must be one line of text`,
      'Remove line breaks and control characters',
    );
  }

  oneOf<T extends string>(name: string, known: readonly T[]): T | undefined {
    const text = this.text(name, 256);
    if (text === undefined) return undefined;
    const found = known.find((k) => k === text);
    if (found) return found;
    const near = nearest(text, known);
    return this.document.report.problem(
      this.get(name)!.value,
      `\`${name}\` is \`${text}\`, which is not one of ${listed(known)}`,
      near ? `Perhaps you meant \`${near}\`` : `Use one of ${listed(known)}`,
    );
  }

  texts(name: string): string[] {
    const entry = this.get(name);
    if (!entry) return [];
    const items = isSeq(entry.value) ? (entry.value.items as (Node | null)[]) : [entry.value];
    const texts: string[] = [];
    for (const item of items) {
      if (isScalar(item) && item.value !== null) texts.push(textOf(item));
      else
        this.document.report.problem(
          item ?? entry.key,
          `\`${name}\` must be a list of texts`,
          'Write one text per line, each after `- `',
        );
    }
    return texts;
  }

  duration(name: string): number | undefined {
    const text = this.text(name, 256);
    if (text === undefined) return undefined;
    const ms = parseDuration(text);
    if (ms !== undefined) return ms;
    return this.document.report.problem(
      this.get(name)!.value,
      `\`${name}\` is \`${text}\`, which is not a duration`,
      durationHint,
    );
  }
}

export const durationHint = 'Write a number and one of s, m, h, d, for example `90s` or `15m`';

const states = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'] as const;

/** Reads what a rule says about itself. Problems are reported; the result is complete all the same. */
export function readInfo(header: Header, fallbackSeverity: Severity = 'medium'): RuleInfo {
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
  if (taxonomy !== undefined && taxonomy !== 'sigma')
    report.problem(
      header.get('taxonomy')!.value,
      `The taxonomy \`${taxonomy}\` is not known`,
      "Use Sigma's own field names and remove `taxonomy`",
    );
  const name = report.rule ?? '';
  return {
    id: header.label('id') ?? name,
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
    file: document.file,
    text: document.text,
  };
}

/** Sigma's `name`; else the file's stem, numbered from the second document on. */
export function readName(header: Header): string {
  const { file, index } = header.document;
  const stem = file.replace(/^.*[/\\]/, '').replace(/\.ya?ml$/i, '');
  return header.label('name') ?? (index === 0 ? stem : `${stem}-${index + 1}`);
}

function readVersion(header: Header): number {
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

function readDecision(header: Header): Decision | null {
  const entry = header.get('decision');
  if (!entry) return null;
  const { report } = header.document;
  const example = 'Write for example `decision: {type: ban, duration: 4h, scope: Ip}`';
  if (!isMap(entry.value))
    return report.problem(entry.value ?? entry.key, '`decision` must be a mapping', example) ?? null;
  const own = new Header({ ...header.document, root: entry.value as YAMLMap });
  for (const { name, key } of entriesOf(entry.value as YAMLMap, report))
    if (!['type', 'duration', 'scope'].includes(name))
      report.problem(key, `\`decision\` has no key \`${name}\``, example);
  for (const name of ['type', 'duration', 'scope'])
    if (!own.get(name)) report.problem(entry.key, `\`decision\` has no \`${name}\``, example);
  const type = own.oneOf('type', decisionTypes);
  const duration = own.text('duration', 10);
  const durationMs = own.duration('duration');
  const scope = own.label('scope');
  if (type === undefined || duration === undefined || durationMs === undefined || scope === undefined) return null;
  return { type, duration, durationMs, scope };
}
