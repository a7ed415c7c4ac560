import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MeasureSpec } from '#libs/windows';
import { absences, modelOf } from '../../libs/windows/testing/models.js';
import { type Arrival, bruteForce } from '../../libs/windows/testing/streams.js';
import { detect, type Input, planOf } from './detect.js';
import { tenthTwice } from './real-data.js';

const start = Date.UTC(2026, 0, 1);
const stepMs = 500;
const latenessMs = 5000;

/** Events carry their values twice: as numbers, and as what tells detections apart. */
const detections = ['any', 'in0', 'in1', 'in2']
  .map((name) => {
    const selection = name === 'any' ? '{ip|exists: true}' : `{method: ${name}}`;
    return `title: ${name}\nname: ${name}\nlogsource: {product: weir, service: login}\ndetection: {s: ${selection}, condition: s}\n`;
  })
  .join('---\n');

/** A correlation, what that is by its definition, and the values that its events bring. */
const kinds: [name: string, correlation: string, measure: MeasureSpec | null, values: number[]][] = [
  ['event_count', 'rules: [any], condition: {gte: 3}', { kind: 'count', limits: { gte: 3 } }, [0]],
  ['event_count', 'rules: [any], condition: {gt: 1, lte: 3}', { kind: 'count', limits: { gt: 1, lte: 3 } }, [0]],
  [
    'value_count',
    'rules: [any], condition: {field: attempts, gte: 3}',
    { kind: 'distinct', limits: { gte: 3 } },
    [1, 2, 3, 4],
  ],
  [
    'value_count',
    'rules: [any], condition: {field: attempts, eq: 2}',
    { kind: 'distinct', limits: { eq: 2 } },
    [1, 2, 3],
  ],
  [
    'value_sum',
    'rules: [any], condition: {field: attempts, gt: 9.5}',
    { kind: 'sum', limits: { gt: 9.5 } },
    [-4, 0.5, 3, 8],
  ],
  [
    'value_avg',
    'rules: [any], condition: {field: attempts, lt: 2}',
    { kind: 'average', limits: { lt: 2 } },
    [-4, 0.5, 3, 8],
  ],
  [
    'value_median',
    'rules: [any], condition: {field: attempts, gte: 3}',
    { kind: 'percentile', percentile: 'median', limits: { gte: 3 } },
    [-4, 0.5, 3, 8],
  ],
  [
    'value_percentile',
    'rules: [any], condition: {field: attempts, percentile: 80, gte: 8}',
    { kind: 'percentile', percentile: 80, limits: { gte: 8 } },
    [-4, 0.5, 3, 8],
  ],
  [
    'value_percentile',
    'rules: [any], condition: {field: attempts, gt: 60}',
    { kind: 'share', limits: { gt: 60 } },
    [1, 2, 3],
  ],
  ['temporal', 'rules: [in0, in1, in2]', { kind: 'distinct', limits: { gte: 3 } }, [0, 1, 2]],
  ['temporal', 'rules: [in0, in1, in2], condition: {eq: 2}', { kind: 'distinct', limits: { eq: 2 } }, [0, 1, 2]],
  ['temporal_ordered', 'rules: [in0, in1, in2]', { kind: 'ordered', inputs: 3, limits: { gte: 3 } }, [0, 1, 2]],
  [
    'first_seen',
    'rules: [any], history: 40s, condition: {field: attempts}',
    { kind: 'first-seen', historyMs: 40_000, limits: { gte: 1 } },
    [1, 2, 3, 4],
  ],
  [
    'ratio',
    'rules: [in0, in1], timespan: [3s, 10s], condition: {gte: 0.5, minimum: 2}',
    { kind: 'ratio', windowsMs: [3000, 10_000], minimum: 2, limits: { gte: 0.5 } },
    [0, 1],
  ],
  [
    'spike',
    'rules: [any], baseline: 60s, condition: {factor: 1.7, minimum: 2}',
    { kind: 'spike', of: { kind: 'count' }, baselineMs: 60_000, factor: 1.7, deviations: null, minimum: 2 },
    [0],
  ],
  [
    'spike',
    'rules: [any], baseline: 60s, condition: {deviations: 1.1, field: attempts}',
    { kind: 'spike', of: { kind: 'sum' }, baselineMs: 60_000, factor: null, deviations: 1.1, minimum: 1 },
    [0.5, 3, 8],
  ],
  [
    'anomaly',
    'rules: [any], condition: {field: attempts, deviations: 1.3, minimum: 4}',
    { kind: 'anomaly', deviations: 1.3, minimum: 4 },
    [-4, 0.5, 3, 8],
  ],
  ['absence', 'rules: [any]', null, [0]],
];

const arrivalsArb = (values: number[]) =>
  fc.array(
    fc.record({
      group: fc.integer({ min: 0, max: 2 }),
      time: fc.oneof(fc.nat(120), fc.nat(800)).map((steps) => start + steps * stepMs),
      values: fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 }),
    }),
    { maxLength: 60 },
  );

function inputOf({ group, time, values }: Arrival, id: number): Input {
  const data = { ip: `192.0.2.${group}`, attempts: values, method: values.map((value) => `in${value}`) };
  const event = { specversion: '1.0', id: String(id), source: 's', type: 'login', time: new Date(time).toISOString() };
  const value = Buffer.from(JSON.stringify({ ...event, data }));
  return { type: { topic: 'login' }, key: `sender ${id % 7}`, timeMs: time, value };
}

describe.each(kinds)('%s {%s}', (name, correlation, measure, values) => {
  const timespan = correlation.includes('timespan') ? '' : 'timespan: 10s, ';
  const rule = `title: T\nname: t\nquiet: 7s\ncorrelation: {type: ${name}, ${timespan}group-by: [ip], ${correlation}}\n`;
  const plan = planOf([{ file: 'rules.yml', text: `${detections}---\n${rule}` }], latenessMs);
  const caps = { groupsMax: 1000, eventsPerGroupMax: 1 << 16 };
  const times = { timespanMs: 10_000, quietMs: 7000, latenessMs };
  const rightFor = (arrivals: readonly Arrival[]) => {
    if (measure === null) return absences({ kind: 'absence', ...times, ...caps }, arrivals);
    const spec = { kind: 'measured' as const, measure, ...times, ...caps };
    return bruteForce(spec, modelOf(spec), arrivals, stepMs);
  };

  it.each([1, 4, 16])('is what it says, shuffled, sent twice and restored, over %i partitions', (partitions) => {
    fc.assert(
      fc.property(
        arrivalsArb(values),
        fc.array(fc.nat(latenessMs), { minLength: 60, maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 4 }),
        (arrivals, jitters, appendEvents, restoreAppends) => {
          const inOrder = arrivals.toSorted((a, b) => a.time - b.time);
          const shuffled = arrivals
            .map((arrival, i) => ({ arrival, at: arrival.time + jitters[i] }))
            .sort((a, b) => a.at - b.at)
            .map(({ arrival }, i) => inputOf(arrival, i));
          const options = { partitions, latenessMs, appendEvents, restoreAppends };
          // Detections that no correlation counts alert by themselves.
          const found = detect(plan, tenthTwice(shuffled), options).flatMap(({ id, rule, group, ...outcome }) => {
            return rule === 't' ? [JSON.stringify({ group: Number(group.ip.split('.')[3]), ...outcome })] : [];
          });
          const right = [...rightFor(inOrder)].flatMap(([group, outcomes]) =>
            outcomes.map(({ openedAt, firstSeen, lastSeen, value, peak, expected, events }) =>
              JSON.stringify({ group, openedAt, firstSeen, lastSeen, value, peak, expected, events }),
            ),
          );
          expect(found.sort()).toEqual(right.sort());
        },
      ),
      { numRuns: 40 },
    );
  });
});
