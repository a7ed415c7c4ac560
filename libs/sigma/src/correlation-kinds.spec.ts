import { describe, expect, it } from 'vitest';
import { compileRules, detectionsWithin, formatProblem } from './index.js';

const detection = (name: string, source: string) =>
  `title: ${name}\nname: ${name}\nlogsource: ${source}\ndetection: {s: {status: x}, condition: s}\n`;
const rules = [
  detection('api', '{product: weir, service: api.call}'),
  detection('mail', '{product: weir, service: mail.receipt}'),
  detection('refused', '{product: weir, service: api.call}'),
].join('---\n');

function compile(...blocks: string[]) {
  const correlations = blocks.map(
    (block, n) => `title: C${n}\nname: c${n}\ncorrelation:\n${block.replace(/^/gm, '  ')}\n`,
  );
  const text = [rules, ...correlations].join('---\n');
  const set = compileRules([{ file: 'x.yml', text }]);
  expect(set.problems.map(formatProblem)).toEqual([]);
  return set;
}

const one = 'rules: [api]\ngroup-by: [ip]\ntimespan: 5m\n';
const two = 'rules: [api, mail]\ngroup-by: [ip]\ntimespan: 5m\n';

describe('kinds of correlations', () => {
  it.each([
    [`type: event_count\n${one}condition: {gt: 10, lte: 20}`, { limits: { gt: 10, lte: 20 }, threshold: null }],
    [`type: event_count\n${one}condition: {eq: 3}`, { limits: { eq: 3 }, threshold: null }],
    [`type: value_count\n${one}condition: {field: [path, method], gt: 4}`, { threshold: 5 }],
    [`type: temporal\n${two}`, { limits: {} }],
    [`type: temporal_ordered\n${two}condition: {gte: 2}`, { limits: { gte: 2 } }],
    [`type: value_sum\n${one}condition: {field: bytes, gt: 1.5}`, { limits: { gt: 1.5 }, percentile: null }],
    [`type: value_avg\n${one}condition: {field: bytes, lt: -1}`, { limits: { lt: -1 } }],
    [`type: value_median\n${one}condition: {field: bytes, gte: 0}`, { limits: { gte: 0 } }],
    [
      `type: value_percentile\n${one}condition: {field: bytes, percentile: 95, gt: 9}`,
      { percentile: 95, limits: { gt: 9 } },
    ],
    [
      `type: spike\n${one}baseline: 1d\ncondition: {factor: 5, minimum: 100}`,
      { measure: { kind: 'count' }, baselineMs: 86_400_000, factor: 5, deviations: null, minimum: 100 },
    ],
    [`type: spike\n${one}baseline: 1d\ncondition: {deviations: 3, field: bytes}`, { measure: { kind: 'sum' } }],
    [
      `type: spike\n${one}baseline: 1d\ncondition: {factor: 2, field: bytes, percentile: 99}`,
      { measure: { kind: 'percentile', percentile: 99 } },
    ],
    [`type: absence\n${one}`, { kind: 'absence', timespanMs: 300_000 }],
    [`type: first_seen\n${one}history: 30d\ncondition: {field: userAgent}`, { historyMs: 2_592_000_000, limits: {} }],
    [
      `type: ratio\nrules: [refused, api]\ngroup-by: [ip]\ntimespan: [1h, 5m]\ncondition: {gte: 0.05, minimum: 50}`,
      { windowsMs: [300_000, 3_600_000], timespanMs: 3_600_000, minimum: 50, timespan: '5m, 1h', quietMs: 3_600_000 },
    ],
    [
      `type: anomaly\n${one}condition: {field: durationMs}`,
      { deviations: 4, minimum: 30, value: { name: 'durationMs' } },
    ],
  ])('%s', (block, expected) => {
    const { correlations } = compile(block);
    expect(correlations).toHaveLength(1);
    expect(correlations[0]).toMatchObject(expected);
  });

  it('find a field under another name in each rule by its alias', () => {
    const { correlations, detections, fields } = compile(
      'type: temporal\nrules: [api, mail]\ngroup-by: [who]\ntimespan: 1m\naliases: {who: {api: ip, mail: sender}}',
    );
    const { slots } = correlations[0]!.groupBy[0]!;
    expect(detections.slice(0, 2).map((d) => fields.paths[slots.get(d)!])).toEqual(['data.ip', 'data.sender']);
  });

  it('may be made of each other, whichever comes first', () => {
    const { correlations } = compile(
      'type: temporal_ordered\nrules: [c1, mail]\ngroup-by: [address]\ntimespan: 1h\naliases: {address: {c1: ip, mail: ip}}',
      `type: event_count\nrules: [api]\ngroup-by: [status, ip]\ntimespan: 5m\ncondition: {gte: 5}`,
    );
    expect(correlations.map(({ info }) => info.name)).toEqual(['c1', 'c0']);
    const [inner, outer] = correlations;
    expect(outer!.inputs[0]).toBe(inner);
    expect(outer!.detections.map(({ info }) => info.name)).toEqual(['mail']);
    expect(outer!.groupBy[0]!.groups.get(inner!)).toBe(1);
    expect(detectionsWithin(outer!).map(({ info }) => info.name)).toEqual(['api', 'mail']);
  });
});
