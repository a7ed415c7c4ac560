import { planRules } from '#libs/detection';
import { compileRules } from '#libs/sigma';

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

/** One partition is enough to see what a stage does. */
export const options = { partitions: 1, dedupeHorizonMs: 600_000, identitiesMax: 10_000, groupsMax: 1_000 };

/** Three failed logins of an address within a minute. */
export const plan = planRules(compileRules([{ file: 'guessing.yml', text: rules }]), {
  latenessMs: 60_000,
  groupsMax: options.groupsMax,
});

/** Event times are told from here on. */
export const start = Date.UTC(2026, 0, 1);

/** A login as the log has it: `second` after the start, refused. `more`: what else it says. */
export function failedLogin(id: string, second: number, ip: string, more = {}): { time: number; value: Buffer } {
  const time = start + second * 1000;
  const data = { outcome: 'failure', ip, ...more };
  const event = { specversion: '1.0', id, source: '/s', type: 'login', time: new Date(time).toISOString(), data };
  return { time, value: Buffer.from(JSON.stringify(event)) };
}
