import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alert } from '#libs/events';
import { batchOfRecords, type LogRecord } from '#libs/log';
import { compileRules } from '#libs/sigma';
import { alertEvent, alertId } from './alert.js';
import { groupValues } from './group-values.js';
import { decodeMatches } from './match-batch.js';
import { Matcher } from './matcher.js';
import { type DetectionPlan, planRules } from './plan.js';
import type { RuleChange } from './plan-change.js';
import { type EpisodeChange, WindowPartition } from './window-partition.js';
import { decodeSnapshot, encodeSnapshot } from './window-snapshot.js';

const rule = (id: number, name: string, body: string) =>
  `title: ${name}\nid: 00000000-0000-4000-8000-${String(id).padStart(12, '0')}\nname: ${name}\n${body}\n`;
const base = rule(
  1,
  'failed',
  'logsource: {product: weir, service: login}\ndetection: {a: {outcome: failure}, condition: a}',
);
const counted = rule(
  2,
  'counted',
  'level: high\ncorrelation: {type: event_count, rules: [failed], group-by: [ip], timespan: 10s, condition: {gte: 3}}',
);
const distinct = (least: number) =>
  rule(
    3,
    'distinct',
    `correlation: {type: value_count, rules: [failed], group-by: [ip, service], timespan: 10s, condition: {gte: ${least}, field: user}}`,
  );

function planOf(...documents: string[]) {
  const compiled = compileRules([{ file: 'rules.yml', text: documents.join('---\n') }]);
  expect(compiled.problems).toEqual([]);
  return planRules(compiled, { latenessMs: 5000, groupsMax: 1000 });
}
const inner = rule(
  4,
  'inner',
  'correlation: {type: event_count, rules: [failed], group-by: [ip, user], timespan: 5s, condition: {gte: 2}}',
);
const chained = rule(
  5,
  'chained',
  'correlation: {type: value_count, rules: [inner], group-by: [ip], timespan: 20s, condition: {gte: 2, field: user}}',
);
const plan = planOf(base, counted, distinct(2), inner, chained);
const limits = { partitions: 1, dedupeHorizonMs: 600_000, identitiesMax: 10_000, groupsMax: 1000 };

interface Step {
  /** Event seconds, address and user of each event; none at all: only time passes. */
  events: { second: number; ip: number; user: number }[];
  passedMs: number;
}

const stepArb: fc.Arbitrary<Step> = fc.record({
  events: fc.array(
    fc.record({
      second: fc.integer({ min: 0, max: 60 }),
      ip: fc.integer({ min: 0, max: 2 }),
      user: fc.integer({ min: 0, max: 3 }),
    }),
    { maxLength: 5 },
  ),
  passedMs: fc.constantFrom(0, 1, 1000, 20_000, 90_000),
});

const start = Date.UTC(2026, 0, 1);
const lineOf = (id: number, { second, ip, user }: Step['events'][number]) =>
  Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id: `${id}`,
      source: 's',
      type: 'login',
      time: new Date(start + second * 1000).toISOString(),
      data: { outcome: 'failure', ip: `192.0.2.${ip}`, user: `user ${user}`, service: 'sshd' },
    }),
  );

/** What the first stage makes of the steps, in records of `weir.matches`; and the lines, by offset. */
function matched(steps: readonly Step[]): { records: (LogRecord & { recordedAt: number })[]; lines: Buffer[] } {
  const matcher = new Matcher(plan, limits);
  const lines: Buffer[] = [];
  const records: (LogRecord & { recordedAt: number })[] = [];
  let now = start + 100_000;
  for (const { events, passedMs } of steps) {
    now += passedMs;
    const recordedAt = now;
    const appended = events.map((event, i) => ({
      time: start + event.second * 1000,
      recordedAt,
      value: lineOf(lines.length + i, event),
    }));
    const batches = appended.length > 0 ? [batchOfRecords('login', 0, lines.length, appended)] : [];
    lines.push(...appended.map(({ value }) => value));
    const written = appended.length > 0 ? matcher.match(batches, now).matches : matcher.marks(now);
    records.push(...written.map((record) => ({ ...record, recordedAt })));
  }
  return { records, lines };
}

const fresh = () => new WindowPartition(0, plan, limits);
const applyOne = (windows: WindowPartition, record: LogRecord & { recordedAt: number }): EpisodeChange[] =>
  windows.apply(batchOfRecords('weir.matches', 0, windows.position, [record]));
const said = (changes: readonly EpisodeChange[]) =>
  changes.map(({ rule, view, position }) => JSON.stringify([rule.info.name, view, position])).sort();
const bytesOf = (windows: WindowPartition) => Buffer.concat(encodeSnapshot(windows));

function restored(from: WindowPartition): WindowPartition {
  const into = fresh();
  const changes: RuleChange[] = [];
  expect(decodeSnapshot(bytesOf(from), into, plan, changes)).toBe(true);
  expect(changes).toEqual([]);
  return into;
}

/** Applies all; hands what changed to `check`, the record's lines with it. */
function eachChange(
  steps: readonly Step[],
  check: (change: EpisodeChange, windows: WindowPartition, lines: Buffer[]) => void,
) {
  const { records, lines } = matched(steps);
  const windows = fresh();
  for (const record of records) for (const change of applyOne(windows, record)) check(change, windows, lines);
}

describe('WindowPartition', () => {
  it('goes on from a snapshot, taken anywhere, as if there had been none', () => {
    fc.assert(
      fc.property(fc.array(stepArb, { minLength: 1, maxLength: 25 }), fc.nat(30), (steps, cut) => {
        const { records } = matched(steps);
        const calm = fresh();
        for (const record of records.slice(0, cut)) applyOne(calm, record);
        let other = restored(calm);
        for (const [i, record] of records.slice(cut).entries()) {
          expect(said(applyOne(other, record))).toEqual(said(applyOne(calm, record)));
          if (i % 3 === 0) other = restored(other);
        }
        expect(other.position).toBe(calm.position);
      }),
      { numRuns: 1000 },
    );
  });

  it('is not moved by hits that were written twice, be it in other batches', () => {
    fc.assert(
      fc.property(fc.array(stepArb, { minLength: 1, maxLength: 20 }), fc.nat(20), fc.nat(20), (steps, from, to) => {
        const { records } = matched(steps);
        const calm = fresh();
        const calmly = records.flatMap((record) => said(applyOne(calm, record)).map((text) => JSON.parse(text)));
        // A crash after the append and before the commit: steps are matched again, some of them at once.
        const zombie = fresh();
        const again = steps.slice(0, Math.min(from, to)).map(({ events }) => ({ events, passedMs: 0 }));
        const together = { events: again.flatMap(({ events }) => events), passedMs: 0 };
        const twice = [...matched(again).records, ...matched([together]).records];
        const half = matched(steps.slice(0, Math.min(from, to))).records.length;
        const noisily = [...records.slice(0, half), ...twice.filter(isOfHits), ...records.slice(half)].flatMap(
          (record) => said(applyOne(zombie, record)).map((text) => JSON.parse(text)),
        );
        const withoutPlace = ([name, view]: [string, unknown]) => [name, view];
        expect(noisily.map(withoutPlace)).toEqual(calmly.map(withoutPlace));
        expect(zombie.counters.entries).toBe(calm.counters.entries);
      }),
      { numRuns: 500 },
    );
  });

  it('publishes alerts of the agreed shape: proof bounded and ordered, revisions growing, the group named', () => {
    const revisions = new Map<string, number>();
    fc.assert(
      fc.property(fc.array(stepArb, { minLength: 1, maxLength: 20 }), (steps) => {
        revisions.clear();
        eachChange(steps, (change, windows, lines) => {
          const { rule, view } = change;
          const evidence = view.evidence.map(({ time, origin }) => ({ ...windows.origin(origin), timeMs: time }));
          const group = groupValues(plan, rule, view.groupLo, view.groupHi, 'login', lines[evidence[0].offset])!;
          expect(Object.keys(group)).toEqual(rule.groupBy);
          const event = alertEvent(change, group, evidence);
          const { data } = event;
          expect(alert.accepts(data)).toBe(true);
          expect(event).toMatchObject({ type: 'alert', subject: data.id, time: data.lastSeen });
          expect(data.id).toBe(alertId(rule.info.id, view.groupLo, view.groupHi, view.anchor));
          expect(alert.key(data as never)).toBe([rule.info.id, ...Object.values(group)].join('\n'));
          // Of a group that was let go nothing is remembered: an event as old as its alert opens that alert again.
          if (!view.isNew) expect(data.revision).toBeGreaterThan(revisions.get(data.id)!);
          revisions.set(data.id, data.revision);
          expect(data.evidence.map(({ time }) => time)).toEqual(data.evidence.map(({ time }) => time).sort());
          expect(new Set(data.evidence.map(({ offset }) => offset)).size).toBe(data.evidence.length);
          for (const { offset } of data.evidence) {
            expect(JSON.parse(lines[offset].toString()).data.ip).toBe(group.ip);
          }
          // What became of an alert that another took in is told by that one.
          if (data.state === 'merged') return;
          // An inner rule is proven by two events at least, and by one more for every further one at which it held.
          if (rule.info.name !== 'chained') expect(data.evidence).toHaveLength(Math.min(data.events, 100));
          else expect(data.evidence.length).toBeGreaterThanOrEqual(Math.min(data.events + 1, 100));
          expect(data.peak).toBeGreaterThanOrEqual(data.value);
          expect(data.value).toBeGreaterThanOrEqual(rule.condition.gte);
          expect(data.firstSeen <= data.openedAt && data.openedAt <= data.lastSeen).toBe(true);
          expect(data.closedAt === null).toBe(data.state === 'open');
        });
      }),
      { numRuns: 300 },
    );
  });

  it('keeps the first and the latest fifty events of a flood', () => {
    const events = Array.from({ length: 400 }, (_, i) => ({ second: i / 10, ip: 0, user: 0 }));
    let last: EpisodeChange | undefined;
    eachChange(
      events.map((event) => ({ events: [event], passedMs: 100 })),
      (change) => {
        if (change.rule.info.name === 'counted') last = change;
      },
    );
    expect(last!.view.events).toBe(400);
    expect(last!.view.evidence.map(({ origin }) => origin % 2 ** 42)).toEqual([
      ...Array.from({ length: 50 }, (_, i) => i),
      ...Array.from({ length: 50 }, (_, i) => 350 + i),
    ]);
  });

  it('closes episodes by time marks alone', () => {
    const three = Array.from({ length: 3 }, (_, user) => ({ second: user, ip: 0, user }));
    const states: string[] = [];
    eachChange(
      [
        { events: three, passedMs: 0 },
        { events: [], passedMs: 1000 },
        { events: [], passedMs: 30_000 },
        { events: [], passedMs: 30_000 },
      ],
      ({ rule, view }) =>
        states.push(`${rule.info.name} ${view.state} ${view.closedAt === null ? '' : (view.closedAt - start) / 1000}`),
    );
    expect(states.sort()).toEqual(['counted closed 20', 'counted open ', 'distinct closed 21', 'distinct open ']);
  });

  it('passes over what is not a match batch, and over hits of rules that are gone, and counts them', () => {
    const { records } = matched([{ events: [{ second: 1, ip: 0, user: 0 }], passedMs: 0 }]);
    const windows = new WindowPartition(0, planOf(base, counted), limits);
    const rubbish = { time: 0, recordedAt: 0, value: Buffer.from('rubbish') };
    windows.apply(batchOfRecords('weir.matches', 0, 0, [rubbish, ...records]));
    expect(windows.counters).toEqual({ entries: 1, repeated: 0, orphaned: 3, unreadable: 1 });
    expect(windows.position).toBe(2);
  });
});

const isOfHits = ({ value }: LogRecord): boolean => decodeMatches(value)!.hits.length > 0;

describe('a snapshot', () => {
  const filled = () => {
    const windows = fresh();
    const events = Array.from({ length: 12 }, (_, i) => ({ second: i, ip: i % 2, user: i % 3 }));
    for (const record of matched([{ events, passedMs: 0 }]).records) applyOne(windows, record);
    return windows;
  };

  it('is refused when a byte of it is another one, or when it is cut', () => {
    const bytes = bytesOf(filled());
    for (let at = 0; at < bytes.length; at += 3) {
      const damaged = Buffer.from(bytes);
      damaged[at] ^= 0x10;
      expect(decodeSnapshot(damaged, fresh(), plan, [])).toBe(false);
      expect(decodeSnapshot(bytes.subarray(0, at), fresh(), plan, [])).toBe(false);
    }
  });

  it('gives back the windows of rules that are the same, and says what became of the others', () => {
    const bytes = bytesOf(filled());
    const takenOver = (other: DetectionPlan) => {
      const into = new WindowPartition(0, other, limits);
      const changes: RuleChange[] = [];
      expect(decodeSnapshot(bytes, into, other, changes)).toBe(true);
      expect(into.position).toBe(1);
      expect(into.applied).toEqual([11]);
      const said = changes.map(({ rule, kind, reason }) => `${rule.name}, ${kind}: ${reason}`);
      return [...said, ...[...into.stores.keys()].map(({ info }) => info.name)];
    };
    expect(takenOver(planOf(base, counted, distinct(3), inner, chained))).toEqual([
      'distinct, kept: Changed: its condition; what it has counted is kept',
      'counted',
      'distinct',
      'chained',
      'inner',
    ]);
    expect(takenOver(planOf(base, counted.replace('10s', '9s'), distinct(2), inner, chained))).toEqual([
      'counted, reset: Changed: its timespan; it counts from zero, and its open alerts are closed',
      'distinct',
      'chained',
      'inner',
    ]);
    expect(takenOver(planOf(base, distinct(2), inner, chained))).toEqual([
      'counted, removed: The rule is gone; its open alerts are closed',
      'distinct',
      'chained',
      'inner',
    ]);
  });
});
