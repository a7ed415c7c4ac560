import { parseNetwork } from './network.js';

export const severities = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof severities)[number];

/**
 * Which alerts are meant. All that is given must hold, and of a list any; texts may have the wildcards `*` and `?` of
 * rules, and ignore case as rules do. At least one is given.
 */
export interface Matchers {
  /** Ids or names of rules. */
  rule?: readonly string[];
  severity?: readonly Severity[];
  /** By group field, its values; `any` field by the name `*`. */
  group?: Readonly<Record<string, readonly string[]>>;
  /** Networks that hold an address of the group. */
  cidr?: readonly string[];
  /** Who looks after the rule. */
  owner?: readonly string[];
}

/** As far as matchers look at it: an alert event, an alert of the API, or what a decision is about. */
export interface Matchable {
  rule: { id: string; name: string; owner?: string | null };
  severity: Severity;
  group: Readonly<Record<string, unknown>>;
}

export interface MatcherProblem {
  /** Such as `cidr[1]` or `group.ip`. */
  field: string;
  message: string;
}

export type ParsedMatchers = { kind: 'ok'; matchers: Matchers } | { kind: 'refused'; problems: MatcherProblem[] };

const VALUES_MAX = 1_000;
const CHARS_MAX = 1_000;
const names = ['rule', 'severity', 'group', 'cidr', 'owner'] as const;

/** Reads matchers as they come from JSON or YAML: each value a text or a list of texts. Names every problem. */
export function parseMatchers(value: unknown): ParsedMatchers {
  const problems: MatcherProblem[] = [];
  if (!isMapping(value)) return refused([{ field: '', message: `must be a mapping with ${names.join(', ')}` }]);
  for (const name of Object.keys(value)) {
    if (!(names as readonly string[]).includes(name))
      problems.push({ field: name, message: `is none of ${names.join(', ')}` });
  }
  const matchers: Record<string, unknown> = {};
  for (const name of ['rule', 'severity', 'cidr', 'owner'] as const) {
    if (value[name] !== undefined) matchers[name] = textsOf(value[name], name, problems);
  }
  if (value.group !== undefined) matchers.group = groupOf(value.group, problems);
  const { severity = [], cidr = [] } = matchers as Matchers;
  for (const [i, level] of severity.entries()) {
    if (!severities.includes(level))
      problems.push({ field: `severity[${i}]`, message: `is none of ${severities.join(', ')}` });
  }
  for (const [i, network] of cidr.entries()) {
    if (parseNetwork(network) === undefined)
      problems.push({
        field: `cidr[${i}]`,
        message: `\`${network}\` is no network such as 192.0.2.0/24, 192.0.2.7 or 2001:db8::/32`,
      });
  }
  if (problems.length === 0 && Object.keys(matchers).length === 0)
    problems.push({ field: '', message: 'must say which alerts are meant; `rule: "*"` means all' });
  return problems.length > 0 ? refused(problems) : { kind: 'ok', matchers: matchers as Matchers };
}

function groupOf(value: unknown, problems: MatcherProblem[]): Record<string, string[]> {
  if (!isMapping(value) || Object.keys(value).length === 0) {
    problems.push({ field: 'group', message: 'must be a mapping of group fields to values, as in {ip: 192.0.2.7}' });
    return {};
  }
  return Object.fromEntries(
    Object.entries(value).map(([field, given]) => [field, textsOf(given, `group.${field}`, problems)]),
  );
}

function textsOf(value: unknown, field: string, problems: MatcherProblem[]): string[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0) problems.push({ field, message: 'must name something' });
  if (list.length > VALUES_MAX) problems.push({ field, message: `must have at most ${VALUES_MAX} values` });
  const at = (i: number) => (Array.isArray(value) ? `${field}[${i}]` : field);
  return list.slice(0, VALUES_MAX).map((item: unknown, i) => {
    const text = typeof item === 'number' || typeof item === 'boolean' ? String(item) : item;
    if (typeof text === 'string' && text !== '' && text.length <= CHARS_MAX) return text;
    problems.push({ field: at(i), message: `must be a text of 1 to ${CHARS_MAX} characters` });
    return '';
  });
}

const refused = (problems: MatcherProblem[]): ParsedMatchers => ({ kind: 'refused', problems });

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
