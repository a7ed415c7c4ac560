import { expect, test } from 'vitest';
import { batchOfRecords } from '#libs/log';
import { compileRules } from '#libs/sigma';
import { Matcher, planRules, WindowPartition } from './index.js';

const rules = `title: Failed login
id: 7a2837d2-27e5-415b-a1b2-df5dc8ad2f2e
name: failed
logsource: { product: weir, service: login }
detection: { selection: { outcome: failure }, condition: selection }
---
title: Guessing
id: 44c6be88-d697-4c9c-a697-ae43479d3249
name: guessing
level: high
correlation: { type: event_count, rules: [failed], group-by: [ip], timespan: 60s, condition: { gte: 3 } }
`;
const options = { partitions: 1, dedupeHorizonMs: 600_000, identitiesMax: 1_000 };
const plan = planRules(compileRules([{ file: 'r.yml', text: rules }]), { latenessMs: 60_000, groupsMax: 1_000 });
const start = Date.UTC(2026, 0, 1);

function states(...steps: [ip: string, second: number][][]): string[] {
  const matcher = new Matcher(plan, options);
  const windows = new WindowPartition(0, plan, { groupsMax: 1_000, partitions: 1 });
  const latest = new Map<number, string>();
  let offset = 0;
  let position = 0;
  for (const [at, step] of steps.entries()) {
    const records = step.map(([ip, second], i) => {
      const time = start + second * 1_000;
      const event = {
        specversion: '1.0',
        id: `${offset + i}`,
        source: '/s',
        type: 'login',
        time: new Date(time).toISOString(),
        data: { outcome: 'failure', ip },
      };
      return { time, recordedAt: start + 8_000_000 + at, value: Buffer.from(JSON.stringify(event)) };
    });
    const { matches } = matcher.match([batchOfRecords('login', 0, offset, records)], start);
    offset += records.length;
    for (const { time, value } of [...matches, ...matcher.marks(0)]) {
      for (const { view } of windows.apply(
        batchOfRecords('', 0, position++, [{ time, value, recordedAt: start + 8_000_000 + at }]),
      )) {
        latest.set(view.anchor, view.state);
      }
    }
  }
  return [...latest.values()];
}

test('an alert closes at the same event time however many events a step takes', () => {
  const attack: [string, number][] = [
    ['192.0.2.1', 0],
    ['192.0.2.1', 1],
    ['192.0.2.1', 2],
  ];
  const later: [string, number][] = [['192.0.2.9', 7_200]];
  expect(states(attack, later)).toEqual(['closed']);
  expect(states([...attack, ...later])).toEqual(['closed']);
});
