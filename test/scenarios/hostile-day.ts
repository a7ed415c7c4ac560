import { Matcher, planRules, WindowPartition } from '#libs/detection';
import { batchOfRecords, type RecordBatch } from '#libs/log';
import { compileRules, type RuleFile, type RuleSet } from '#libs/sigma';

/** Of each, a backtracking engine would not see the end within a lifetime; the last makes as many states as it is let. */
const catastrophic = ['(a+)+$', '^(a|aa)+$', '(x+x+)+y', '^(([a-z])+.)+[A-Z]([a-z])+$', '[ab]*a[ab]{14}c'];

const rule = (name: string, detection: object): RuleFile => ({
  file: `${name}.yml`,
  text: JSON.stringify({ title: name, name, logsource: { category: 'webserver' }, detection }),
});
const counted = (name: string, of: string, correlation: object): RuleFile => ({
  file: `${name}.yml`,
  text: JSON.stringify({ title: name, name, correlation: { rules: [of], timespan: '60s', ...correlation } }),
});

/** `count` rules over requests, of which an attacker chooses the worst: every one of them looks at what he sends. */
export function hostileFiles(count: number): RuleFile[] {
  const files = [
    rule('refused', { s: { 'sc-status': 401 }, condition: 's' }),
    counted('guessing', 'refused', { type: 'event_count', 'group-by': ['c-ip'], condition: { gte: 20 } }),
    counted('names', 'refused', {
      type: 'value_count',
      'group-by': ['c-ip'],
      condition: { gte: 20, field: 'cs-username' },
    }),
    ...catastrophic.map((pattern, i) => rule(`regex-${i}`, { s: { 'cs-uri-query|re': pattern }, condition: 's' })),
    rule('keyword', { k: ['nothing that is there'], condition: 'k' }),
  ];
  for (let i = files.length; i < count; i++)
    files.push(
      rule(`signature-${i}`, {
        s: { 'cs-uri-query|contains|all': [signature(i), 'what is not there'] },
        condition: 's',
      }),
    );
  return files;
}

export function hostileRules(count: number): RuleSet {
  const rules = compileRules(hostileFiles(count));
  if (rules.problems.length > 0) throw new TypeError(JSON.stringify(rules.problems[0]));
  return rules;
}

const signature = (i: number): string => `sig${(i * 7919).toString(36)}=`;

/** What is in an hour of an ordinary day, and in one of a hostile one. */
export const kinds = ['ordinary', 'groups', 'fields', 'patterns', 'signatures', 'depth'] as const;
export type Kind = (typeof kinds)[number];

const fieldChars = 10_000;
const long = {
  fields: 'Ä'.repeat(10) + 'Mozilla/5.0 (X11; Linux x86_64) '.repeat(fieldChars / 32),
  as: `${'a'.repeat(fieldChars)}!`,
  abs: Array.from({ length: fieldChars }, (_, i) => 'ab'[(Math.imul(i, 2654435761) >>> 16) & 1]).join(''),
  signatures: Array.from({ length: fieldChars / 8 }, (_, i) => signature(i)).join(''),
  deep: `${'{"a":['.repeat(30)}"x"${']}'.repeat(30)}`,
};

/** The `i`th event of a kind, refused at the door. Ordinary ones come from a thousand addresses, hostile ones from one each. */
export function hostileLine(kind: Kind, i: number, ip = addressOf(kind === 'ordinary' ? i % 1000 : i)): string {
  const query = { fields: long.fields, patterns: i % 2 ? long.as : long.abs, signatures: long.signatures }[
    kind as string
  ];
  const data = `"client":"${ip}","ip":"${ip}","user":"user${i % 997}","method":"GET","path":"/p/${i}","status":401`;
  const extra = kind === 'depth' ? `,"deep":[${Array(20).fill(long.deep).join()}]` : '';
  const time = new Date(startMs + i / 10).toISOString();
  return `{"specversion":"1.0","id":"${kind}-${i}","source":"/day","type":"api.call","time":"${time}","data":{${data},"query":"${query ?? `q=${i}`}"${extra}}}`;
}

const addressOf = (n: number): string => `10.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`;
const startMs = Date.UTC(2026, 0, 15, 10);

/** Both stages of detection in memory, and what they take. */
export class Day {
  readonly matcher: Matcher;
  readonly windows: readonly WindowPartition[];
  readonly alerts = new Set<string>();
  private offset = 0;

  constructor(rules: RuleSet, groupsMax: number, partitions = 4) {
    const plan = planRules(rules, { latenessMs: 60_000, groupsMax });
    this.matcher = new Matcher(plan, { partitions, dedupeHorizonMs: 60_000, identitiesMax: 100_000 });
    this.windows = Array.from(
      { length: partitions },
      (_, p) => new WindowPartition(p, plan, { groupsMax, partitions }),
    );
  }

  /** CPU seconds that the lines take, ten a millisecond. */
  run(lines: readonly string[]): number {
    const at = startMs + this.offset / 10;
    const records = lines.map((line, i) => ({ time: at + i / 10, recordedAt: at + i / 10, value: Buffer.from(line) }));
    const batch: RecordBatch = batchOfRecords('api.call', 0, this.offset, records);
    this.offset += lines.length;
    const before = process.cpuUsage();
    for (const { partition = 0, time, value } of this.matcher.match([batch], at).matches) {
      const into = this.windows[partition];
      for (const { rule, view } of into.apply(
        batchOfRecords('', partition, into.position, [{ time, value, recordedAt: at }]),
      ))
        if (view.state === 'open') this.alerts.add(`${rule.info.name} ${view.groupLo}/${view.groupHi}`);
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  }

  /** Of all partitions of one rule: groups in memory, and what its limits pushed out. */
  rule(name: string): { groups: number; evicted: number; truncated: number; late: number; bytes: number } {
    const sum = { groups: 0, evicted: 0, truncated: 0, late: 0, bytes: 0 };
    for (const { stores } of this.windows)
      for (const [{ info }, { groups, counters, bytes }] of stores) {
        if (info.name !== name) continue;
        sum.groups += groups.size;
        sum.evicted += counters.evictedGroups;
        sum.truncated += counters.truncatedEvents;
        sum.late += counters.late;
        sum.bytes += bytes.groups + bytes.events;
      }
    return sum;
  }
}
