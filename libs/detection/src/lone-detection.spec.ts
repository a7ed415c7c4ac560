import { describe, expect, it } from 'vitest';
import { batchOfRecords } from '#libs/log';
import { compileRules } from '#libs/sigma';
import { alertEvent } from './alert.js';
import { groupHash, groupValues } from './group-values.js';
import { Matcher } from './matcher.js';
import { planRules } from './plan.js';
import { WindowPartition } from './window-partition.js';

const limits = { partitions: 1, dedupeHorizonMs: 600_000, identitiesMax: 1000, groupsMax: 1000 };
const lone = (name: string, source: string, more = '') =>
  `title: ${name}\nname: ${name}\n${more}logsource: {${source}}\ndetection: {a: {odd: 1}, condition: a}\n`;

function planOf(...documents: string[]) {
  const compiled = compileRules([{ file: 'rules.yml', text: documents.join('---\n') }]);
  expect(compiled.problems).toEqual([]);
  return planRules(compiled, { latenessMs: 60_000, groupsMax: 1000 });
}

/** The alerts that one event of a source `s` opens. */
function alertsOf(plan: ReturnType<typeof planOf>, topic: string, data: object) {
  const value = Buffer.from(JSON.stringify({ id: '1', source: 's', data }));
  const batch = batchOfRecords(topic, 0, 0, [{ time: 1000, recordedAt: 1000, value }]);
  const windows = new WindowPartition(0, plan, limits);
  const records = new Matcher(plan, limits).match([batch], 0).matches;
  return records
    .flatMap((record) =>
      windows.apply(batchOfRecords('weir.matches', 0, windows.position, [{ ...record, recordedAt: 1 }])),
    )
    .map((change) => {
      const { groupLo, groupHi } = change.view;
      const group = groupValues(plan, change.rule, groupLo, groupHi, topic, value)!;
      // The way back: marked alerts are found again by their group.
      expect(groupHash(change.rule, group)).toEqual({ groupLo, groupHi });
      const { rule, decision } = alertEvent(change, group, []).data;
      return { rule: rule.name, group, decision: decision?.type ?? null };
    });
}
const groupsOf = (...of: Parameters<typeof alertsOf>) => alertsOf(...of).map(({ group }) => group);

describe('A detection that no correlation counts', () => {
  it.each([
    ['log', { odd: 1, host: 'h', service: 'x' }, [{ host: 'h' }]],
    ['log', { odd: 1, service: 'x' }, [{ $source: 's' }]],
    ['log', { odd: 1, host: null }, [{ $source: 's' }]],
    ['log', { odd: 1, host: { name: 'h' } }, [{ $source: 's' }]],
    ['log', { odd: 1, host: [] }, [{ $source: 's' }]],
    ['log', { odd: 1, host: [null, 'h', 'i'] }, [{ host: 'h' }, { host: 'i' }]],
    ['log', { odd: 1, host: 's' }, [{ host: 's' }]],
    ['metric', { odd: 1 }, [{ $source: 's' }]],
    ['contest.entry', { odd: 1, contest: 'c' }, [{ $source: 's' }]],
    ['contest.entry', { odd: 1, contest: 'c', actor: 'ann' }, [{ actor: 'ann' }]],
    ['login', { odd: 1 }, [{ $source: 's' }]],
    ['login', { odd: 2 }, []],
  ])('alerts in any case: of %s %j', (type, data, groups) => {
    expect(groupsOf(planOf(lone('odd', `product: weir, service: ${type}`)), type, data)).toEqual(groups);
  });

  it('alerts once for an event, however many types it looks at', () => {
    const mapping = 'mapping: {logsource: {product: p}, type: [login, log], fields: {odd: odd}}\n';
    const plan = planOf(mapping, lone('odd', 'product: p'));
    expect(groupsOf(plan, 'log', { odd: 1 })).toEqual([{ $source: 's' }]);
    expect(groupsOf(plan, 'log', { odd: 1, ip: '192.0.2.1', host: 'h' })).toEqual([{ host: 'h' }]);
    expect(groupsOf(plan, 'login', { odd: 1, ip: '192.0.2.1', host: 'h' })).toEqual([{ ip: '192.0.2.1' }]);
  });

  it('decides nothing about who only sent the events', () => {
    const plan = planOf(lone('odd', 'product: weir, service: log', 'decision: {type: ban, duration: 4h, scope: Ip}\n'));
    expect(alertsOf(plan, 'log', { odd: 1, host: '192.0.2.1' })).toMatchObject([{ decision: 'ban' }]);
    expect(alertsOf(plan, 'log', { odd: 1 })).toMatchObject([{ group: { $source: 's' }, decision: null }]);
  });
});

describe('A correlation', () => {
  it('counts no event that lacks a field that it groups by', () => {
    const plan = planOf(
      lone('odd', 'product: weir, service: log'),
      'title: C\nname: c\ncorrelation: {type: event_count, rules: [odd], group-by: [host], timespan: 60s, condition: {gte: 1}}\n',
    );
    expect(groupsOf(plan, 'log', { odd: 1 })).toEqual([]);
    expect(groupsOf(plan, 'log', { odd: 1, host: 'h' })).toEqual([{ host: 'h' }]);
  });
});
