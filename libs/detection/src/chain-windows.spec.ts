import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchOfRecords } from '#libs/log';
import { compileRules } from '#libs/sigma';
import { Matcher } from './matcher.js';
import { planRules } from './plan.js';
import { WindowPartition } from './window-partition.js';
import { decodeSnapshot, encodeSnapshot } from './window-snapshot.js';

const rules = `title: F
name: failed
logsource: {product: weir, service: login}
detection: {a: {outcome: failure}, condition: a}
---
title: I
name: inner
correlation: {type: event_count, rules: [failed], group-by: [ip, user], timespan: 5s, condition: {gte: 2}}
---
title: S
name: silent
correlation: {type: absence, rules: [failed], group-by: [ip, user], timespan: 20s}
---
title: M
name: middle
correlation: {type: event_count, rules: [inner, failed], group-by: [ip, user], timespan: 30s, condition: {gte: 2}}
---
title: O
name: outer
correlation: {type: event_count, rules: [middle, silent], group-by: [ip], timespan: 120s, condition: {gte: 2}}
`;
const start = Date.UTC(2026, 0, 1);

function planOf(latenessMs: number) {
  const compiled = compileRules([{ file: 'rules.yml', text: rules }]);
  expect(compiled.problems).toEqual([]);
  return planRules(compiled, { latenessMs, groupsMax: 1000 });
}

describe('the windows of a chain', () => {
  it('go on within their caps, whoever invents groups, and every alert has its proof', () => {
    const plan = planOf(5000);
    const limits = { partitions: 1, dedupeHorizonMs: 600_000, identitiesMax: 10_000, groupsMax: 2 };
    const stepArb = fc.record({ second: fc.nat(200), ip: fc.nat(3), user: fc.nat(1), quiet: fc.nat(3) });
    let alerts = 0;
    let evicted = 0;
    fc.assert(
      fc.property(fc.array(fc.array(stepArb, { minLength: 1, maxLength: 6 }), { maxLength: 30 }), (steps) => {
        const matcher = new Matcher(plan, limits);
        let windows = new WindowPartition(0, plan, limits);
        let offset = 0;
        for (const [at, step] of steps.entries()) {
          const recordedAt = start + 1_000_000 + at * 40_000;
          const records = step.map(({ second, ip, user }, i) => {
            const time = start + second * 1000;
            const data = { outcome: 'failure', ip: `192.0.2.${ip}`, user: `u${user}` };
            const event = { specversion: '1.0', id: `${offset + i}`, source: 's', type: 'login', data };
            return { time, recordedAt, value: Buffer.from(JSON.stringify(event)) };
          });
          const { matches } = matcher.match([batchOfRecords('login', 0, offset, records)], recordedAt);
          offset += records.length;
          const marks = step[0].quiet === 0 ? matcher.marks(recordedAt + 30_000) : [];
          for (const record of [...matches, ...marks]) {
            const batch = batchOfRecords('m', 0, windows.position, [{ ...record, recordedAt }]);
            for (const { rule, view } of windows.apply(batch)) {
              alerts++;
              expect(rule.info.name).toBe('outer');
              // What was taken back has nothing left to prove.
              if (view.state !== 'merged') expect(view.evidence.length).toBeGreaterThan(0);
              for (const { origin } of view.evidence) expect(windows.origin(origin).topic).toBe('login');
            }
          }
          for (const store of windows.stores.values()) expect(store.groups.size).toBeLessThanOrEqual(2);
          const restored = new WindowPartition(0, plan, limits);
          expect(decodeSnapshot(Buffer.concat(encodeSnapshot(windows)), restored, plan, [])).toBe(true);
          windows = restored;
        }
        for (const { counters } of windows.stores.values()) evicted += counters.evictedGroups;
      }),
      { numRuns: 300 },
    );
    expect(alerts).toBeGreaterThan(100);
    expect(evicted).toBeGreaterThan(100);
  });
});
