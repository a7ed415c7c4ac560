import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Day, hostileLine, hostileRules } from './hostile-day.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const ruleCount = 1000;
const rules = hostileRules(ruleCount);
const groupsMax = 20_000;
const batch = 2000;

function held(): number {
  for (let i = 0; i < 4; i++) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}

describe('a rule for which an attacker invents groups', () => {
  const day = new Day(rules, groupsMax);
  const invent = (from: number, to: number) => {
    for (let at = from; at < to; at += batch)
      day.run(Array.from({ length: batch }, (_, i) => hostileLine('groups', at + i)));
  };

  it('keeps to its cap, and counts each group that it let go', () => {
    invent(0, 60_000);
    const before = { bytes: day.rule('guessing').bytes, held: held() };
    invent(60_000, 240_000);
    for (const name of ['guessing', 'names']) {
      const { groups, evicted, truncated, late } = day.rule(name);
      expect(groups).toBe(groupsMax);
      expect(groups + evicted).toBe(240_000);
      expect([truncated, late]).toEqual([0, 0]);
    }
    expect(day.rule('guessing').bytes).toBe(before.bytes);
    expect(held() - before.held).toBeLessThan(25);
  });

  it('still finds who attacks in the midst of them', () => {
    const known = day.alerts.size;
    const lines = Array.from({ length: batch }, (_, i) =>
      hostileLine('groups', 300_000 + i, i % 100 === 0 ? '192.0.2.7' : undefined),
    );
    day.run(lines);
    expect([...day.alerts].slice(known).map((alert) => alert.split(' ')[0])).toEqual(['guessing', 'names']);
  });
});
