import { describe, expect, it } from 'vitest';
import { detect } from './detect.js';
import { scenarios } from './shipped.js';

const keyOf = ({ openedAt, rule, group }: { openedAt: string; rule: string; group: object }) =>
  JSON.stringify([openedAt, rule, group]);

/** A folder is a log in and alerts out, an hour after the last event. */
describe.each(scenarios)('$name', ({ plan, inputs, alerts: right }) => {
  it.each([1, 16])('gives its alerts over %i partitions', (partitions) => {
    const iso = (ms: number) => new Date(ms).toISOString();
    const alerts = detect(plan, inputs, { partitions, silentMs: 3_600_000 })
      .map(({ rule, group, openedAt, firstSeen, lastSeen, value, peak, expected, events }) => {
        const times = { openedAt: iso(openedAt), firstSeen: iso(firstSeen), lastSeen: iso(lastSeen) };
        return { rule, group, ...times, value, peak, ...(expected === null ? {} : { expected }), events };
      })
      .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    expect(alerts).toEqual(right);
  });
});
