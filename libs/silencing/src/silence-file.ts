import { LineCounter, parseDocument } from 'yaml';
import { isMapping, type Matchers, parseMatchers } from './matchers.js';

export interface WrittenSilence {
  kind: 'silence' | 'allowlist';
  matchers: Matchers;
  /** Ms since the epoch. */
  startsAt?: number;
  endsAt: number | null;
  reason: string;
  /** The same for the same words. */
  key: string;
}

export interface SilenceFile {
  entries: WrittenSilence[];
  /** Each with its line; where there is one, the file is not to be taken. */
  problems: string[];
}

const kinds = { silences: 'silence', allowlists: 'allowlist' } as const;
const fields = ['match', 'startsAt', 'endsAt', 'reason'];
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/** Reads a file of silences and allowlists: YAML with the lists `silences` and `allowlists`. `file` is named in problems. */
export function parseSilenceFile(file: string, text: string): SilenceFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const problems: string[] = [];
  const at = (offset: number | undefined, said: string) =>
    problems.push(`${file}:${lines.linePos(offset ?? 0).line || 1}: ${said}.`);
  for (const error of document.errors) at(error.pos[0], error.message.replace(/\.$/, ''));
  if (problems.length > 0) return { entries: [], problems };
  const root: unknown = document.toJS();
  if (root === null || root === undefined) return { entries: [], problems };
  if (!isMapping(root)) at(0, 'The file must be a mapping with `silences` and `allowlists`');
  const entries = Object.entries(isMapping(root) ? root : {}).flatMap(([name, list]) => {
    if (!Object.hasOwn(kinds, name)) at(0, `\`${name}\` is neither \`silences\` nor \`allowlists\``);
    else if (!Array.isArray(list)) at(0, `\`${name}\` must be a list`);
    else
      return list.flatMap(
        (entry: unknown, i) =>
          readEntry(name as keyof typeof kinds, entry, (said) => {
            const node = document.getIn([name, i], true) as { range?: readonly number[] } | undefined;
            at(node?.range?.[0], `${name}[${i}]${said}`);
          }) ?? [],
      );
    return [];
  });
  return { entries, problems };
}

function readEntry(
  name: keyof typeof kinds,
  entry: unknown,
  report: (said: string) => void,
): WrittenSilence | undefined {
  if (!isMapping(entry)) return void report(` must be a mapping with ${fields.join(', ')}`);
  for (const field of Object.keys(entry))
    if (!fields.includes(field)) report(`.${field} is none of ${fields.join(', ')}`);
  const { match, reason } = entry;
  const times = ['startsAt', 'endsAt'].map((field) => {
    const text = entry[field];
    if (text === undefined || text === null) return undefined;
    const ms = typeof text === 'string' && instant.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(ms)) report(`.${field} must be a time such as 2027-01-31T12:00:00Z`);
    return ms;
  });
  const [startsAt, endsAt] = times;
  if (name === 'silences' && endsAt === undefined) report('.endsAt is missing: a silence ends');
  if (typeof reason !== 'string' || reason === '') report('.reason is missing: say why');
  const parsed = parseMatchers(match);
  if (parsed.kind === 'refused') {
    for (const { field, message } of parsed.problems) report(`.match${field && `.${field}`} ${message}`);
    return undefined;
  }
  if (typeof reason !== 'string' || times.some(Number.isNaN)) return undefined;
  const { matchers } = parsed;
  const kind = kinds[name];
  const key = JSON.stringify([kind, matchers, startsAt ?? null, endsAt ?? null, reason]);
  return { kind, matchers, startsAt, endsAt: endsAt ?? null, reason, key };
}
