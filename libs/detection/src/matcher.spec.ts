import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOfRecords, partitionOf, type RecordBatch } from '#libs/log';
import { compileRules, type EventView, type FieldValue } from '#libs/sigma';
import { hashGroup } from './group-hash.js';
import { Hash } from './hash.js';
import { textOf } from './line-view.js';
import { decodeMatches, originSpan } from './match-batch.js';
import { Matcher, type MatcherOptions } from './matcher.js';
import { type DetectionPlan, planRules } from './plan.js';

const header = (id: number, name: string, service: string) =>
  `title: ${name}\nid: 00000000-0000-4000-8000-${String(id).padStart(12, '0')}\nname: ${name}\nlogsource: {product: weir, service: ${service}}\n`;
const correlation = (id: number, name: string, body: string) =>
  `title: ${name}\nid: 00000000-0000-4000-8000-${String(id).padStart(12, '0')}\nname: ${name}\ncorrelation: {timespan: 60s, ${body}}\n`;

const rules = [
  `${header(1, 'failed', 'login')}detection: {a: {outcome: failure}, condition: a}\n`,
  `${header(2, 'odd', 'login')}detection: {a: {outcome: failure, user|contains: root}, b: {method: [password, 'pub*']}, c: {attempts|gte: 3}, condition: (a and not b) or c}\n`,
  `${header(3, 'many', 'mail.receipt')}detection: {a: {sender|exists: true}, condition: a}\n`,
  `${header(4, 'lone', 'login')}level: high\ndetection: {a: {user: lonely}, condition: a}\n`,
  correlation(5, 'byIp', 'type: event_count, rules: [failed], group-by: [ip], condition: {gte: 3}'),
  correlation(6, 'byBoth', 'type: event_count, rules: [failed, odd], group-by: [ip, user], condition: {gte: 3}'),
  correlation(7, 'users', 'type: value_count, rules: [failed], group-by: [ip], condition: {gte: 3, field: user}'),
  correlation(8, 'byRecipient', 'type: event_count, rules: [many], group-by: [recipients], condition: {gte: 3}'),
  correlation(
    9,
    'recipients',
    'type: value_count, rules: [many], group-by: [sender], condition: {gte: 3, field: recipients}',
  ),
  // So many that not all are asked.
  ...Array.from(
    { length: 40 },
    (_, i) => `${header(10 + i, `filler${i}`, 'login')}detection: {a: {user|contains: filler${i}}, condition: a}\n`,
  ),
].join('---\n');

function planOf(text: string): DetectionPlan {
  const compiled = compileRules([{ file: 'rules.yml', text }]);
  expect(compiled.problems).toEqual([]);
  return planRules(compiled, { latenessMs: 60_000, groupsMax: 1000 });
}
const plan = planOf(rules);
const options: MatcherOptions = { partitions: 4, dedupeHorizonMs: 1000, identitiesMax: 1000 };

const event = (id: string, data: Record<string, unknown>, source = 's') =>
  JSON.stringify({ specversion: '1.0', id, source, type: 'x', time: '2026-01-01T00:00:00Z', data });

function batchOf(topic: string, lines: readonly (string | Buffer)[], base = 0, partition = 0): RecordBatch {
  const records = lines.map((line, i) => ({ time: 1000 + i, recordedAt: 5000 + i, value: Buffer.from(line) }));
  return batchOfRecords(topic, partition, base, records);
}

interface Hit {
  rule: string;
  lo: number;
  hi: number;
  value: number;
  offset: number;
  partition: number;
}

function hitsOf(matcher: Matcher, batches: readonly RecordBatch[]): Hit[] {
  return matcher.match(batches, 0).matches.flatMap(({ value, partition = -1 }) =>
    decodeMatches(value)!.hits.flatMap((hits) =>
      Array.from({ length: hits.count }, (_, i) => ({
        rule: plan.byHash.get(hits.rule)!.info.name,
        lo: hits.groupLo[i],
        hi: hits.groupHi[i],
        value: hits.values[i],
        offset: hits.origins[i] % originSpan,
        partition,
      })),
    ),
  );
}

function lookUp(parsed: unknown, path: string): FieldValue {
  let at = parsed;
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null || Array.isArray(at) || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at as FieldValue;
}

const textsOf = (value: FieldValue): string[] => [
  ...new Set((Array.isArray(value) ? value : [value]).map((v) => textOf(v)).filter((text) => text !== null)),
];

/** What tells values apart in a distinct count. */
function numberOf(text: string): number {
  const hash = new Hash();
  hashGroup(hash, 0, [text]);
  return hash.number53;
}

/** The hits of a line, from the object that JSON.parse makes of it. */
function expectedHits(topic: string, line: string, offset: number): Omit<Hit, 'partition'>[] {
  const parsed: unknown = JSON.parse(line);
  const view: EventView = {
    value: (slot) => lookUp(parsed, plan.paths[slot]),
    has: (slot) => lookUp(parsed, plan.paths[slot]) !== undefined,
  };
  const hash = new Hash();
  const found = new Map<string, Omit<Hit, 'partition'>>();
  for (const { detection, targets } of plan.byType.get(topic) ?? []) {
    if (!detection.matches(view)) continue;
    for (const { rule, groupSlots, brings } of targets) {
      const values = brings.kind === 'values' ? textsOf(view.value(brings.slots[0])) : [null];
      const groups = groupSlots.reduce<string[][]>(
        (all, slot) => all.flatMap((head) => textsOf(view.value(slot)).map((text) => [...head, text])),
        [[]],
      );
      // Who matches a lone detection and does not say who it is, is known by the source.
      const isNameless = rule.sourceSeed !== null && groups.length === 0;
      for (const text of values) {
        for (const group of isNameless ? [textsOf(view.value(plan.sourceSlot))] : groups) {
          const value = text === null ? 0 : numberOf(text);
          const { lo, hi } = hashGroup(hash, isNameless ? rule.sourceSeed! : rule.seed, group);
          // However many of a correlation's rules an event meets, it is one event.
          found.set([rule.info.name, lo, hi, value].join(), { rule: rule.info.name, lo, hi, value, offset });
        }
      }
    }
  }
  return [...found.values()];
}

const sorted = <T extends object>(hits: readonly T[]): string[] => hits.map((hit) => JSON.stringify(hit)).sort();
const bare = (hits: readonly Hit[]) => hits.map(({ partition, ...hit }) => hit);

const text = fc.oneof(
  fc.constantFrom(
    'failure',
    'root',
    'toor root',
    'a filler12, FILLER3',
    'password',
    'pubkey',
    'lonely',
    '192.0.2.1',
    '',
    'é',
    '😀',
    '\u0000',
    '"\\',
  ),
  fc.string({ unit: 'binary' }),
);
const scalar = fc.oneof(
  text,
  fc.integer(),
  fc.constantFrom(-0, 1e21, 1e-7, 1.5, 2 ** 53, Number.MAX_VALUE, 3, 4),
  fc.boolean(),
  fc.constant(null),
);
const field = fc.oneof({ weight: 4, arbitrary: scalar }, { weight: 1, arbitrary: fc.array(scalar, { maxLength: 4 }) });
const dataArb = fc.dictionary(
  fc.constantFrom('outcome', 'ip', 'user', 'method', 'attempts', 'sender', 'recipients', 'other'),
  field,
  { maxKeys: 8 },
);

describe('Matcher', () => {
  it('gives the hits that rules evaluated over JSON.parse give, whatever the fields hold', () => {
    fc.assert(
      fc.property(
        fc.array(dataArb, { maxLength: 6 }),
        fc.constantFrom('login', 'mail.receipt'),
        fc.constantFrom(undefined, 1, '\r\n\t'),
        (all, topic, indent) => {
          const lines = all.map((data, i) => JSON.stringify({ id: `${i}`, source: 's', data }, null, indent));
          const hits = hitsOf(new Matcher(plan, options), [batchOf(topic, lines)]);
          expect(sorted(bare(hits))).toEqual(sorted(lines.flatMap((line, i) => expectedHits(topic, line, i))));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it.each([
    [
      'escapes in keys and values',
      String.raw`{"id":"1","so\u0075rce":"s","d\u0061ta":{"outcome":"f\u0061ilure","ip":"\u0031"}}`,
    ],
    ['an escaped value', String.raw`{"id":"1","source":"s","data":{"outcome":"fail\u0075re","ip":"192\u002e0.2.1"}}`],
    [
      'surrogates, whole and halved',
      String.raw`{"id":"1","source":"s","data":{"outcome":"failure","ip":"\ud83d\ude00","user":"\ud83d"}}`,
    ],
    [
      'a key twice: the last counts',
      '{"id":"1","source":"s","data":{"outcome":"success","ip":"a","outcome":"failure","ip":"b"}}',
    ],
    ['an object twice', '{"id":"1","source":"s","data":{"outcome":"success"},"data":{"outcome":"failure","ip":"b"}}'],
    ['numbers as text and as numbers', '{"id":"1","source":"s","data":{"outcome":"failure","ip":7,"user":"7"}}'],
    [
      'numbers in many spellings',
      '{"id":"1","source":"s","data":{"outcome":"failure","ip":1.0e1,"user":-0,"attempts":30e-1}}',
    ],
    [
      'numbers beyond every limit',
      '{"id":"1","source":"s","data":{"outcome":"failure","ip":1e400,"attempts":123456789012345678901234567890}}',
    ],
    [
      'line ends and tabs between everything',
      '\r\n{\t"id" :\r\n"1",\n"source":"s" , "data":{ "outcome" : "failure" ,"ip":"a"\r\n}\r\n}\r\n',
    ],
    [
      'brackets, quotes and commas inside text',
      String.raw`{"id":"1","source":"s","x":"}],{\"","data":{"y":["}"],"outcome":"failure","ip":"a,\"b\\"}}`,
    ],
    [
      'keys that objects are born with',
      '{"id":"1","source":"s","__proto__":{"outcome":"x"},"data":{"__proto__":1,"constructor":2,"outcome":"failure","ip":"a"}}',
    ],
    [
      'fields that are lists of lists',
      '{"id":"1","source":"s","data":{"outcome":["failure"],"ip":[["a"],"b"],"user":[null,true,1]}}',
    ],
    [
      'deep nesting beside the data',
      `{"id":"1","source":"s","n":${'['.repeat(900)}${']'.repeat(900)},"data":{"outcome":"failure","ip":"a"}}`,
    ],
    [
      'a text of a megabyte',
      `{"id":"1","source":"s","data":{"outcome":"failure","ip":"a","user":"${'é'.repeat(500_000)}"}}`,
    ],
    ['nothing but the envelope', '{"id":"1","source":"s"}'],
    ['data that is no object', '{"id":"1","source":"s","data":["outcome","failure"]}'],
  ])('reads %s as JSON.parse does', (_, line) => {
    const hits = hitsOf(new Matcher(plan, options), [batchOf('login', [line])]);
    expect(sorted(bare(hits))).toEqual(sorted(expectedHits('login', line, 0)));
  });

  it('sends all hits of a rule’s group to one partition, from whichever partition their events come', () => {
    const matcher = new Matcher(plan, options);
    const lines = Array.from({ length: 200 }, (_, i) => event(`${i}`, { outcome: 'failure', ip: `10.0.0.${i % 20}` }));
    const batches = [0, 1, 2].map((partition) =>
      batchOf(
        'login',
        lines.filter((_, i) => partitionOf(Buffer.from(`${i}`), 3) === partition),
        0,
        partition,
      ),
    );
    const homes = new Map<string, Set<number>>();
    for (const { rule, lo, hi, partition } of hitsOf(matcher, batches)) {
      const key = [rule, lo, hi].join();
      homes.set(key, (homes.get(key) ?? new Set()).add(partition));
    }
    expect(homes.size).toBe(20);
    expect([...homes.values()].every((partitions) => partitions.size === 1)).toBe(true);
    expect(new Set([...homes.values()].flatMap((partitions) => [...partitions])).size).toBe(4);
  });

  it('counts an event once for a correlation that names several rules it meets', () => {
    const line = event('1', { outcome: 'failure', ip: 'a', user: 'root', attempts: 9 });
    const hits = hitsOf(new Matcher(plan, options), [batchOf('login', [line])]);
    expect(hits.map(({ rule }) => rule).sort()).toEqual(['byBoth', 'byIp', 'users']);
  });

  it('drops an event that comes again, in the same batch or a later one, until the horizon has passed', () => {
    const matcher = new Matcher(plan, options);
    const line = event('1', { outcome: 'failure', ip: 'a' });
    const other = event('1', { outcome: 'failure', ip: 'a' }, 'another sender');
    expect(hitsOf(matcher, [batchOf('login', [line, line, other])])).toHaveLength(2);
    expect(hitsOf(matcher, [batchOf('login', [line], 3)])).toHaveLength(0);
    expect(matcher.counters).toMatchObject({ events: 4, duplicates: 2 });
    expect(matcher.hits.counters.written).toBe(2);
    const late = batchOfRecords('login', 0, 4, [{ time: 1, recordedAt: 6000, value: Buffer.from(line) }]);
    expect(hitsOf(matcher, [late])).toHaveLength(1);
  });

  it('goes on in another process as this one would have, from what is kept beside the position', () => {
    const lines = Array.from({ length: 60 }, (_, i) => event(`${i % 17}`, { outcome: 'failure', ip: 'a' }));
    const all = batchOf('login', lines);
    const calm = new Matcher(plan, options);
    const undisturbed = hitsOf(calm, [all]);
    for (let cut = 1; cut < lines.length; cut += 7) {
      const before = new Matcher(plan, options);
      const hits = hitsOf(before, [all.head(cut)]);
      const { rememberFrom, ...progress } = before.progress('login', 0);
      const after = new Matcher(plan, options);
      after.resume('login', 0, JSON.parse(JSON.stringify({ rememberFrom, ...progress })));
      after.remember(batchOf('login', lines.slice(rememberFrom!), rememberFrom!), cut);
      const rest = batchOfRecords(
        'login',
        0,
        cut,
        lines
          .slice(cut)
          .map((line, i) => ({ time: 1000 + cut + i, recordedAt: 5000 + cut + i, value: Buffer.from(line) })),
      );
      hits.push(...hitsOf(after, [rest]));
      expect(sorted(hits)).toEqual(sorted(undisturbed));
      expect(after.markTime(9000)).toBe(calm.markTime(9000));
    }
  });

  it('puts aside what it cannot read, with the reason, the origin and the bytes, and goes on', () => {
    const matcher = new Matcher(plan, options);
    const good = event('1', { outcome: 'failure', ip: 'a' });
    const bad = [
      '',
      '{',
      'null',
      '[]',
      '"text"',
      '{"id":"1"}',
      '{"id":null,"source":"s"}',
      '{"id":["1"],"source":"s"}',
      '\uFEFF{}',
    ];
    const { matches, deadLetters } = matcher.match([batchOf('login', [...bad, good], 40, 3)], Date.UTC(2026, 0, 1));
    expect(matches).toHaveLength(1);
    expect(deadLetters.map(({ origin, bytes }) => [origin, Buffer.from(bytes, 'base64').toString()])).toEqual(
      bad.map((line, i) => [{ topic: 'login', partition: 3, offset: 40 + i }, line]),
    );
    for (const letter of deadLetters) {
      expect(letter).toMatchObject({ code: 'RECORD_UNREADABLE', receivedAt: '2026-01-01T00:00:00.000Z' });
      expect(letter.reason).toMatch(/^The record is not .*records of login are CloudEvents of type login\.$/);
    }
    expect(matcher.counters).toMatchObject({ events: 1, unreadable: bad.length });
  });

  it('tells hits by rule name, since it was last asked', () => {
    const matcher = new Matcher(plan, options);
    matcher.takeHits();
    const lines = [
      event('1', { outcome: 'failure', ip: 'a', user: 'x' }),
      event('2', { outcome: 'success', ip: 'a', user: 'lonely' }),
    ];
    matcher.match([batchOf('login', lines)], 0);
    expect(Object.fromEntries(matcher.takeHits())).toEqual({ byIp: 1, byBoth: 1, users: 1, lone: 1 });
    expect(matcher.takeHits().size).toBe(0);
  });

  it('knows event time by the newest event, moved on while nothing comes, and not by clocks that run ahead', () => {
    const matcher = new Matcher(plan, options);
    expect(matcher.marks(9e12)).toEqual([]);
    const record = (time: number, recordedAt: number, id: string) => ({
      time,
      recordedAt,
      value: Buffer.from(event(id, {})),
    });
    matcher.match([batchOfRecords('login', 0, 0, [record(1000, 50_000, '1'), record(99_000, 51_000, '2')])], 0);
    expect(matcher.markTime(51_000)).toBe(51_000);
    expect(matcher.markTime(50_000)).toBe(51_000);
    expect(matcher.markTime(61_000)).toBe(61_000);
    const marks = matcher.marks(61_000);
    expect(marks.map(({ partition, time }) => [partition, time])).toEqual([0, 1, 2, 3].map((p) => [p, 61_000]));
    expect(decodeMatches(marks[0].value)).toMatchObject({ markMs: 61_000, hits: [] });
  });
});
