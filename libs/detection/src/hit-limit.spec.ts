import { describe, expect, it } from 'vitest';
import { batchOfRecords, type LogRecord } from '#libs/log';
import { compileRules } from '#libs/sigma';
import { groupValues } from './group-values.js';
import { Matcher } from './matcher.js';
import { type DetectionPlan, planRules } from './plan.js';
import { readHits } from './read-hits.js';
import { type EpisodeChange, WindowPartition } from './window-partition.js';
import { decodeSnapshot, encodeSnapshot } from './window-snapshot.js';

const max = 10_000;
/** What a log takes of one record. */
const recordBytesMax = 1 << 20;
const limits = { partitions: 1, dedupeHorizonMs: 600_000, identitiesMax: 1000, groupsMax: 1_000_000 };

const mail = (name: string, condition = 'sender|exists: true') =>
  `title: ${name}\nname: ${name}\nlogsource: {product: weir, service: mail.receipt}\ndetection: {a: {${condition}}, condition: a}\n`;
const counting = (name: string, body: string) =>
  `title: ${name}\nname: ${name}\ncorrelation: {timespan: 60s, ${body}}\n`;

function planOf(...documents: string[]): DetectionPlan {
  const compiled = compileRules([{ file: 'rules.yml', text: documents.join('---\n') }]);
  expect(compiled.problems).toEqual([]);
  return planRules(compiled, { latenessMs: 60_000, groupsMax: 1000 });
}

const names = (length: number, prefix: string) => Array.from({ length }, (_, i) => `${prefix}${i}`);
const lineOf = (data: object, id = '1') => Buffer.from(JSON.stringify({ id, source: 's', data }));
const written = (matcher: Matcher, lines: readonly Buffer[]): LogRecord[] =>
  matcher.match(
    [
      batchOfRecords(
        'mail.receipt',
        0,
        0,
        lines.map((value, i) => ({ time: 1000 + i, recordedAt: 1000, value })),
      ),
    ],
    0,
  ).matches;

/** The groups that an event's hits are for, by rule, in their order; and what was left out. */
function hitsOf(plan: DetectionPlan, data: object) {
  const matcher = new Matcher(plan, limits);
  const hits = written(matcher, [lineOf(data)]).flatMap(({ value }) => [...readHits(plan, value)]);
  const byRule = Map.groupBy(hits, ({ rule }) => rule.info.name);
  return { byRule, capped: Object.fromEntries(matcher.hits.takeCapped()) };
}
const countsOf = (byRule: ReadonlyMap<string, unknown[]>) =>
  Object.fromEntries([...byRule].map(([name, hits]) => [name, hits.length]));

describe('An event with more hits than one may have', () => {
  it('hits the first of all groups that its lists make, and they can be named', () => {
    const plan = planOf(
      mail('m'),
      counting('pairs', 'type: event_count, rules: [m], group-by: [to, cc], condition: {gte: 1}'),
    );
    const data = { sender: 'a', to: names(20_000, 't'), cc: names(20_000, 'c') };
    const { byRule, capped } = hitsOf(plan, data);
    const hits = byRule.get('pairs')!;
    expect(hits).toHaveLength(max);
    expect(capped).toEqual({ pairs: 20_000 ** 2 - max });
    for (const i of [0, 1, max - 1]) {
      const { rule, groupLo, groupHi } = hits[i];
      const group = groupValues(plan, rule, groupLo, groupHi, 'mail.receipt', lineOf(data));
      expect(group).toEqual({ to: 't0', cc: `c${i}` });
    }
  });

  it.each([
    ['values of a list in groups of another', { to: names(20_000, 't'), cc: names(20_000, 'c') }, 20_000 ** 2 - max],
    ['as many values as groups', { to: names(150, 't'), cc: names(150, 'c') }, 150 ** 2 - max],
    ['values of no group', { to: [], cc: names(20_000, 'c') }, 0],
    ['groups without a value', { to: names(20_000, 't'), cc: null }, 0],
  ])('counts %s, and what is left out', (_, lists, left) => {
    const body = 'type: value_count, rules: [m], group-by: [to], condition: {gte: 2, field: cc}';
    const { byRule, capped } = hitsOf(planOf(mail('m'), counting('values', body)), { sender: 'a', ...lists });
    expect(countsOf(byRule)).toEqual(left > 0 ? { values: max } : {});
    expect(capped).toEqual(left > 0 ? { values: left } : {});
  });

  it('takes combinations of several values and numbers of a list no further', () => {
    const pairs = 'type: value_count, rules: [m], group-by: [sender], condition: {gte: 2, field: [to, cc]}';
    const sum = 'type: value_sum, rules: [m], group-by: [sender, to], condition: {gte: 2, field: sizes}';
    const sizes = Array.from({ length: 200 }, (_, i) => i % 7);
    const data = { sender: 'a', to: names(20_000, 't'), cc: names(20_000, 'c'), sizes };
    const { byRule, capped } = hitsOf(planOf(mail('m'), counting('pairs', pairs), counting('sum', sum)), data);
    expect(countsOf(byRule)).toEqual({ pairs: max, sum: max });
    expect(capped).toEqual({ pairs: 20_000 ** 2 - max, sum: 200 * 20_000 - max });
  });

  it('counts what several detections of a rule find once', () => {
    const body = 'type: event_count, rules: [m, n], group-by: [to], condition: {gte: 2}';
    const plan = planOf(mail('m'), mail('n'), counting('both', body));
    const { byRule, capped } = hitsOf(plan, { sender: 'a', to: names(max + 5, 't') });
    expect(countsOf(byRule)).toEqual({ both: max });
    expect(capped).toEqual({ both: 5 });
  });

  it('is counted by every rule as if there were no other', () => {
    const [to, sender] = ['to', 'sender'].map((field) =>
      counting(`by-${field}`, `type: value_count, rules: [m], group-by: [${field}], condition: {gte: 1, field: to}`),
    );
    const data = { sender: 'a', to: names(max + 2, 't') };
    for (const rules of [[to], [sender], [to, sender], [sender, to]]) {
      const { byRule, capped } = hitsOf(planOf(mail('m'), ...rules), data);
      const ours = rules.map((text) => /by-\w+/.exec(text)![0]);
      expect(countsOf(byRule)).toEqual(Object.fromEntries(ours.map((name) => [name, max])));
      expect(Object.keys(capped).sort()).toEqual(ours.sort());
      expect(capped['by-sender'] ?? 2).toBe(2);
    }
  });
});

describe('An event with more hits than a record holds', () => {
  const counted = (name: string, of = 'm') =>
    counting(name, `type: value_count, rules: [${of}], group-by: [sender], condition: {gte: 9990, field: to}`);
  const side = ['one', 'two', 'three'].map((name) => counted(name));
  const inner = counting('inner', 'type: event_count, rules: [m], group-by: [to, sender], condition: {gte: 1}');
  const lines = ['1', '2'].map((id) => lineOf({ sender: 'a', to: names(max, 't') }, id));
  const apply = (windows: WindowPartition, { time, value }: LogRecord): EpisodeChange[] =>
    windows.apply(batchOfRecords('weir.matches', 0, windows.position, [{ time, recordedAt: 2000, value }]));
  const latest = (changes: readonly EpisodeChange[]) =>
    Object.fromEntries(changes.map(({ rule, view: { peak, events } }) => [rule.info.name, { peak, events }]));

  it('is written in records that a log takes, and counted as a whole; in a chain, too', () => {
    for (const rules of [side, [inner, counted('outer', 'inner')]]) {
      const plan = planOf(mail('m'), ...rules);
      const records = written(new Matcher(plan, limits), lines.slice(0, 1));
      expect(records).toHaveLength(2);
      for (const { value } of records) expect(value.length).toBeLessThan(recordBytesMax);
      const windows = new WindowPartition(0, plan, limits);
      const alerts = latest(records.flatMap((record) => apply(windows, record)));
      expect(Object.values(alerts).map(({ peak }) => peak)).toEqual(rules === side ? [max, max, max] : [max]);
      expect(windows.counters.repeated).toBe(0);
    }
  });

  it('is counted once, wherever writing or reading broke off', () => {
    const plan = planOf(mail('m'), ...side);
    const records = written(new Matcher(plan, limits), lines);
    expect(records).toHaveLength(4);
    for (let cut = 1; cut <= records.length; cut++) {
      let windows = new WindowPartition(0, plan, limits);
      const changes: EpisodeChange[] = [];
      let entries = 0;
      // The writer breaks off within an event, and writes it all again; what came last another has written twice.
      for (const record of [...records.slice(0, cut), records[cut - 1], ...records]) {
        changes.push(...apply(windows, record));
        entries += windows.counters.entries;
        const next = new WindowPartition(0, plan, limits);
        expect(decodeSnapshot(Buffer.concat(encodeSnapshot(windows)), next, plan, [])).toBe(true);
        windows = next;
      }
      const alert = { peak: max, events: lines.length };
      expect(latest(changes)).toEqual({ one: alert, two: alert, three: alert });
      expect(entries).toBe(side.length * lines.length * max);
      expect(windows.applied).toEqual([lines.length - 1]);
    }
  });
});
