import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Alert, CloudEvent } from '#libs/events';
import { append, attempts, burst, openTestLog, requestOf, ruleOf, run, seconds } from '../testing/given.js';
import { BacktestError } from './errors.js';
import type { Mark } from './marks.js';
import type { BacktestReport, ReportedAlert } from './report.js';

/** Every kind of window with a limit: its text with `limit` in it, and limits to try. */
const kinds: readonly { name: string; body(limit: number): string; limits: number[] }[] = [
  ...['event_count', 'event_count, gt', 'event_count, lt'].map((name) => {
    const operator = name.split(', ')[1] ?? 'gte';
    return {
      name,
      body: (n: number) => `type: event_count\n  timespan: 10s\n  condition: {${operator}: ${n}}`,
      limits: [2, 3, 4, 6],
    };
  }),
  {
    name: 'value_count',
    body: (n) => `type: value_count\n  timespan: 10s\n  condition: {field: user, gte: ${n}}`,
    limits: [2, 3, 4],
  },
  {
    name: 'value_sum',
    body: (n) => `type: value_sum\n  timespan: 10s\n  condition: {field: bytes, gte: ${n}}`,
    limits: [3, 8, 12.5],
  },
  {
    name: 'value_avg',
    body: (n) => `type: value_avg\n  timespan: 10s\n  condition: {field: bytes, gt: ${n}}`,
    limits: [1.5, 2, 3],
  },
  {
    name: 'value_median',
    body: (n) => `type: value_median\n  timespan: 10s\n  condition: {field: bytes, gte: ${n}}`,
    limits: [2, 3, 4],
  },
  {
    name: 'first_seen',
    body: (n) => `type: first_seen\n  timespan: 10s\n  history: 60s\n  condition: {field: user, gte: ${n}}`,
    limits: [1, 2, 3],
  },
];

const alertsOf = ({ rules: [{ alerts }] }: BacktestReport): unknown[] =>
  alerts.map(({ evidence, id, state, closedAt, ...figures }) => ({
    ...figures,
    evidence: evidence.map(({ topic, partition, time }) => [topic, partition, time]),
  }));

describe('a backtest', () => {
  it.each(kinds)('of $name with several limits is as one run of each', async ({ body, limits }) => {
    let alerts = 0;
    await fc.assert(
      fc.asyncProperty(
        attempts,
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(1, 4),
        async (given, together, partitions) => {
          await using log = await openTestLog(partitions);
          await append(log, given, together);
          const all = await run(log, requestOf(ruleOf(body(limits[0])), { thresholds: limits }));
          const { curve } = all.rules[0];
          expect(curve.map(({ threshold }) => threshold)).toEqual(limits);
          for (const [i, limit] of limits.entries()) {
            const alone = await run(log, requestOf(ruleOf(body(limit)), { thresholds: [limit] }));
            expect({ ...curve[i], isOwn: true }).toEqual(alone.rules[0].outcome);
            alerts += curve[i].alerts;
          }
        },
      ),
      { numRuns: 12 },
    );
    expect(alerts).toBeGreaterThan(0);
  });

  it.each(kinds)('of $name from a time to another is as one of all, cut there', async ({ body, limits }) => {
    const text = ruleOf(body(limits[0]));
    let alerts = 0;
    await fc.assert(
      fc.asyncProperty(
        attempts,
        fc.tuple(fc.integer({ min: -5, max: 100 }), fc.integer({ min: 5, max: 110 })),
        fc.constantFrom(1, 4),
        async (given, [from, length], partitions) => {
          await using log = await openTestLog(partitions);
          await append(log, given, 7);
          await using before = await openTestLog(partitions);
          const range = { fromMs: seconds(from), untilMs: seconds(from + length) };
          await append(
            before,
            given.filter(({ time }) => time < range.untilMs),
            7,
          );
          const part = await run(log, requestOf(text, range));
          const whole = await run(before, requestOf(text));
          const expected = alertsOf(whole).filter((alert) => (alert as ReportedAlert).openedAt >= part.from!);
          expect(alertsOf(part)).toEqual(expected);
          alerts += expected.length;
        },
      ),
      { numRuns: 25 },
    );
    expect(alerts).toBeGreaterThan(0);
  });

  const guessing = (least: number) => ruleOf(`type: event_count\n  timespan: 60s\n  condition: {gte: ${least}}`);
  it('says which marked alerts it would raise, and proposes no limit that misses a true one', async () => {
    await using log = await openTestLog(4);
    const peaks = [4, 5, 6, 7, 30, 40];
    await append(
      log,
      peaks.flatMap((count, i) => burst(`192.0.2.${i}`, count)),
    );
    const mark = (ip: number, verdict: Mark['verdict'], second = 2): Mark => {
      const at = { openedAt: seconds(second), untilMs: seconds(second + 120) };
      return { id: `m${ip}`, ruleId: 'guessing', group: { ip: `192.0.2.${ip}` }, verdict, ...at };
    };
    const marks = [
      mark(0, 'false-positive'),
      mark(3, 'true-positive'),
      mark(5, 'true-positive'),
      // Of an hour later, of nobody, and of another rule: not these.
      mark(4, 'true-positive', 3600),
      mark(9, 'false-positive'),
      { ...mark(1, 'false-positive'), ruleId: 'other' },
    ];
    const { rules } = await run(log, requestOf(guessing(3), { thresholds: [6, 20], marks }));
    const [{ outcome, curve, marked, proposal }] = rules;
    expect(outcome.verdicts).toEqual({
      truePositives: { marked: 3, raised: 2 },
      falsePositives: { marked: 2, raised: 1 },
      precision: 2 / 3,
    });
    expect(
      curve.map(({ verdicts: { truePositives, falsePositives, precision } }) => {
        return [truePositives.raised, falsePositives.raised, precision];
      }),
    ).toEqual([
      [2, 1, 2 / 3],
      [2, 0, 1],
      [1, 0, 1],
    ]);
    expect(marked.map(({ id, raised }) => [id, raised])).toEqual([
      ['m0', true],
      ['m3', true],
      ['m5', true],
      ['m4', false],
      ['m9', false],
    ]);
    expect(proposal).toEqual({ threshold: null, reason: 'The largest values of groups lie without a gap' });
    const without = await run(log, requestOf(guessing(3), { thresholds: [6, 20] }));
    expect(without.rules[0].proposal.threshold).toBe(14);
  });

  it('writes what it found, closed, once each, with all its evidence', async () => {
    await using log = await openTestLog(2);
    await append(log, [...burst('192.0.2.1', 5), ...burst('192.0.2.2', 70), ...burst('192.0.2.3', 2)]);
    const written: CloudEvent<Alert>[] = [];
    const write = async (events: readonly CloudEvent<Alert>[]) => {
      written.push(...events);
      return { alerts: events.length, known: 0 };
    };
    const request = requestOf(guessing(3), { write: true, untilMs: seconds(65) });
    const { rules } = await run(log, request, { write });
    expect(rules[0].written).toEqual({ alerts: 2, known: 0 });
    expect(rules[0].alerts.map(({ state }) => state)).toEqual(['open', 'open']);
    expect(
      written.map(({ id, source, subject, data: { state, retro, position, group, events, evidence } }) => {
        return {
          id,
          source,
          subject,
          state,
          retro,
          position,
          group,
          events,
          carried: evidence.filter(({ event }) => event).length,
        };
      }),
    ).toEqual(
      rules[0].alerts.map(({ id, group, events }) => ({
        id: `${id}/retro`,
        source: '/weir/detect',
        subject: id,
        state: 'closed',
        retro: true,
        position: { partition: 0, offset: 0 },
        group,
        events,
        carried: events,
      })),
    );
    const again: string[] = [];
    await run(log, request, {
      write: async (events) => {
        again.push(...events.map(({ id }) => id));
        return { alerts: 0, known: events.length };
      },
    });
    expect(again).toEqual(written.map(({ id }) => id));
  });

  it('ends where the rule would flood, and only leaves out a limit around it that would', async () => {
    await using log = await openTestLog(4);
    for (let from = 0; from <= 100_000; from += 5000) {
      await append(
        log,
        Array.from({ length: 5000 }, (_, i) => ({ ip: `10.${from}.${i}`, time: seconds(0) })),
      );
    }
    const { rules } = await run(log, requestOf(guessing(2)));
    expect(rules[0].curve.map(({ threshold, alerts, isAtLeast }) => [threshold, alerts, isAtLeast])).toEqual([
      [1, 100_000, true],
      [2, 0, false],
      [4, 0, false],
      [10, 0, false],
    ]);
    expect(rules[0].groups).toEqual({ seen: 105_000, isAtLeast: false });
    await expect(run(log, requestOf(guessing(1)))).rejects.toMatchObject({ code: 'BACKTEST_TOO_LARGE' });
  });

  it('knows a rule by its id, and says where there is none', async () => {
    await using log = await openTestLog(1);
    const asked = (given: Parameters<typeof requestOf>[1]) => run(log, requestOf(guessing(3), given));
    expect((await asked({})).rules[0]).toMatchObject({ events: 0, outcome: { alerts: 0, alertsPerDay: 0 } });
    await expect(asked({ rules: [{ id: 'nobody' }] })).rejects.toMatchObject({ code: 'BACKTEST_RULE_UNKNOWN' });
    const failed = asked({ rules: [{ id: 'failed' }], thresholds: [3] });
    await expect(failed).rejects.toThrow(BacktestError);
    expect((await asked({ rules: [{ id: 'failed' }] })).rules[0].proposal.threshold).toBeNull();
  });
});
