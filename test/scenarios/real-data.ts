import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { encodeEvent, eventTypeOf } from '#libs/events';
import { type ParsedEvent, parsers, positionId } from '#libs/parsers';
import type { RuleFile } from '#libs/sigma';

const data = new URL('../../../shared/data/', import.meta.url);

/** A row of the expected answers. */
export interface Expected {
  rule: string;
  key_type: string;
  window_s: string;
  threshold: string;
  key: string;
  events: string;
  max_in_window: string;
  first_event: string;
  first_fire: string;
}

export const hasRealData = existsSync(data);
if (!hasRealData) console.warn('LEFT OUT: REAL DATA IS NOT THERE (../shared/data), ITS ANSWERS WERE NOT CHECKED');

/** Nothing, where there is no real data. */
const bytesOf = (path: string): Buffer => (hasRealData ? readFileSync(new URL(path, data)) : Buffer.alloc(0));
const text = (path: string): string => bytesOf(path).toString();

export function expectedOf(path: string): Expected[] {
  const [head, ...lines] = text(path).trim().split('\n');
  const names = head.split(',');
  return lines.map(
    (line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])) as unknown as Expected,
  );
}

function parse(stream: string, bytes: Buffer, year: number): ParsedEvent[] {
  const parser = parsers.get(stream)!;
  if (parser.kind !== 'line') throw new TypeError(`${stream} is not a stream of lines`);
  const receivedAt = Date.UTC(2026, 0, 1);
  const read = parser.open({ source: 'file:test', id: positionId, receivedAt, year });
  return parser.split(bytes).flatMap(({ start, end }) => {
    const outcome = read(bytes.subarray(start, end), start);
    return outcome.kind === 'events' ? outcome.events : [];
  });
}

/** Sessions of a Cowrie honeypot: each is one login attempt of its address. The answer knows whole seconds only. */
function cowrie(): ParsedEvent[] {
  const type = eventTypeOf('login')!;
  const [head, ...lines] = text('ssh-honeypot/cowrie_sessions_20k.csv').trim().split('\n');
  const names = head.split(',');
  const rows = lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])));
  return rows
    .filter((row) => row.start_time !== '')
    .map((row) => {
      const time = `${row.start_time.slice(0, 19)}Z`;
      const net24 = row.src_ip.replace(/\.\d+$/, '');
      const data = { outcome: 'failure', ip: row.src_ip, net24, service: 'cowrie' };
      const event = { specversion: '1.0' as const, id: row.session_id, source: 'cowrie', type: 'login', time, data };
      return { type, timeMs: Date.parse(time), key: row.src_ip, value: encodeEvent(event) };
    })
    .sort((a, b) => a.timeMs - b.timeMs);
}

/** Stars of GitHub's, most of them bought: a vote for a repository. The answer names it `target`. */
function stars(): ParsedEvent[] {
  const type = eventTypeOf('vote')!;
  const packed = bytesOf('votes-starscout/votes.jsonl.gz');
  const lines = packed.length === 0 ? [] : gunzipSync(packed).toString().trim().split('\n');
  return lines
    .map((line, i) => {
      const { ts, actor, target } = JSON.parse(line) as { ts: number; actor: string; target: string };
      const data = { contest: 'stars', voter: actor, entry: target, target };
      const time = new Date(ts).toISOString();
      const event = { specversion: '1.0' as const, id: String(i), source: 'starscout', type: 'vote', time, data };
      return { type, timeMs: ts, key: type.key(data), value: encodeEvent(event) };
    })
    .sort((a, b) => a.timeMs - b.timeMs);
}

/** What the rules of the expected answers count. */
const counted = {
  login: '{outcome: failure}',
  vote: '{voter|exists: true}',
};

/** One correlation per rule of the expected answers. */
export function rulesFor(expected: readonly Expected[], service: keyof typeof counted = 'login'): RuleFile[] {
  const base = ['title: What is counted', 'id: 11111111-1111-4111-8111-111111111111', 'name: counted', 'level: low'];
  base.push(
    `logsource: {product: weir, service: ${service}}`,
    'detection:',
    `  counted: ${counted[service]}`,
    '  condition: counted',
  );
  const rules = new Map(expected.map((row) => [row.rule, row]));
  const documents = [...rules.values()].map((row, i) =>
    [
      `title: ${row.rule}`,
      `id: 22222222-2222-4222-8222-${String(i).padStart(12, '0')}`,
      `name: ${row.rule}`,
      'level: high',
      'correlation:',
      '  type: event_count',
      '  rules: [counted]',
      `  group-by: [${row.key_type}]`,
      `  timespan: ${row.window_s}s`,
      `  condition: {gte: ${row.threshold}}`,
    ].join('\n'),
  );
  return [{ file: 'expected.yml', text: [base.join('\n'), ...documents].join('\n---\n') }];
}

const seconds = (ms: number): string => `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`;

/** What of an alert is compared. */
export interface AnsweringAlert {
  rule: string;
  group: Record<string, unknown>;
  /** Event time, ms. */
  openedAt: number;
  peak: number;
}

/** Per rule and key: the first fire and the highest peak of any episode. */
export function answer(alerts: readonly AnsweringAlert[]): string[] {
  const keys = new Map<string, { first: number; peak: number }>();
  for (const { rule, group, openedAt, peak } of alerts) {
    const key = `${rule},${Object.values(group).join()}`;
    const known = keys.get(key);
    keys.set(key, { first: Math.min(openedAt, known?.first ?? openedAt), peak: Math.max(peak, known?.peak ?? peak) });
  }
  return [...keys].map(([key, { first, peak }]) => `${key},${seconds(first)},${peak}`).sort();
}

/** Every order that is allowed: each event may be overtaken by others up to `jitterMs` younger. */
export function shuffled<T extends { timeMs: number }>(events: readonly T[], jitterMs: number, seed: number): T[] {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return events
    .map((event) => ({ event, at: event.timeMs + random() * jitterMs }))
    .sort((a, b) => a.at - b.at)
    .map(({ event }) => event);
}

export const tenthTwice = <T>(events: readonly T[]): T[] => events.flatMap((e, i) => (i % 10 === 0 ? [e, e] : [e]));

/** Sets of real events, each with its answers in `<folder>/expected.csv`. */
export const realSets: {
  name: string;
  folder: string;
  counts?: keyof typeof counted;
  events: () => ParsedEvent[];
}[] = [
  {
    name: 'auth.log',
    folder: 'ssh-auth',
    events: () => parse('sshd', bytesOf('ssh-auth/auth.log'), 2017),
  },
  {
    name: 'OpenSSH_2k.log',
    folder: 'ssh-openssh2k',
    events: () => parse('sshd', bytesOf('ssh-openssh2k/OpenSSH_2k.log'), 2017),
  },
  { name: 'Cowrie sessions', folder: 'ssh-honeypot', events: cowrie },
  { name: 'Bought stars', folder: 'votes-starscout', counts: 'vote', events: stars },
];

/** The expected answers in the form of `answer`. */
export const rightAnswer = (expected: readonly Expected[]): string[] =>
  expected.map((row) => [row.rule, row.key, row.first_fire, row.max_in_window].join()).sort();
