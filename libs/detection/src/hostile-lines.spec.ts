import { describe, expect, it } from 'vitest';
import { batchOfRecords } from '#libs/log';
import { compileRules } from '#libs/sigma';
import { groupValues } from './group-values.js';
import { decodeMatches } from './match-batch.js';
import { Matcher } from './matcher.js';
import { planRules } from './plan.js';

const rules = `title: Failed
id: 7a2837d2-27e5-415b-a1b2-df5dc8ad2f2e
name: failed
logsource: { product: weir, service: login }
detection: { selection: { outcome: failure }, condition: selection }
---
title: Guessing
id: 44c6be88-d697-4c9c-a697-ae43479d3249
name: guessing
correlation: { type: event_count, rules: [failed], group-by: [user, object.id], timespan: 60s, condition: { gte: 3 } }
`;
const plan = planRules(compileRules([{ file: 'r.yml', text: rules }]), { latenessMs: 60_000, groupsMax: 1000 });
const options = { partitions: 1, dedupeHorizonMs: 600_000, identitiesMax: 1000 };
const batch = (lines: (string | Buffer)[], recordedAt: number[] = [], base = 0) =>
  batchOfRecords(
    'login',
    0,
    base,
    lines.map((line, i) => ({ time: 1, recordedAt: recordedAt[i] ?? 1, value: Buffer.from(line) })),
  );
const countOf = (matcher: Matcher, lines: (string | Buffer)[], recordedAt?: number[], base?: number) =>
  matcher
    .match([batch(lines, recordedAt, base)], 0)
    .matches.flatMap(({ value }) => decodeMatches(value)!.hits)
    .reduce((s, h) => s + h.count, 0);

describe('lines that no honest sender writes', () => {
  it.each([
    '{"id":"1","source":"s","data":{"outcome":"failure","user":"u","object":{"id":1},"object":null}}',
    '{"id":"1","source":"s","data":{"outcome":"failure","user":"u","object":{"id":1}},"data":5}',
  ])('reads %s as JSON.parse does: no hit', (line) => {
    expect(countOf(new Matcher(plan, options), [line])).toBe(0);
  });

  // Only another producer than Weir can write them; one must not hold the stage up.
  it.each([
    String.raw`{"id":"\x","source":"s","data":{}}`,
    String.raw`{"id":"1","source":"s","data":{"outcome":"\x"}}`,
    '{"id":"1","source":"s","data":{"outcome":[1,,2]}}',
    '{"id":["1",],"source":"s","data":{}}',
  ])('puts %s aside', (line) => {
    expect(new Matcher(plan, options).match([batch([line])], 0).deadLetters).toHaveLength(1);
  });

  it('names the group of a value that is not UTF-8', () => {
    const line = Buffer.concat([
      Buffer.from('{"id":"1","source":"s","data":{"outcome":"failure","object":{"id":1},"user":"'),
      Buffer.from([0xff, 0x41]),
      Buffer.from('"}}'),
    ]);
    const [{ value }] = new Matcher(plan, options).match([batch([line])], 0).matches;
    const [hits] = decodeMatches(value)!.hits;
    const rule = plan.byHash.get(hits.rule)!;
    expect(groupValues(plan, rule, hits.groupLo[0], hits.groupHi[0], 'login', line)).toEqual({
      user: '\ufffdA',
      'object.id': '1',
    });
  });
});
