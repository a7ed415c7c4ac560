import fc from 'fast-check';
import { expect, it } from 'vitest';
import { append, attempts, burst, openTestLog, requestOf, ruleOf, run, seconds } from '../testing/given.js';
import type { Mark } from './marks.js';
import type { ReportedAlert } from './report.js';

const counting = ruleOf('type: event_count\n  timespan: 10s\n  condition: {gte: 3}');
const counted = ruleOf('type: value_count\n  timespan: 10s\n  condition: {field: user, gte: 3}');
const average = ruleOf('type: value_avg\n  timespan: 10s\n  condition: {field: bytes, gt: 3}');
const without = (selection: string) => ({
  file: 'exception.yml',
  text: `title: F
name: f
logsource: {product: weir, service: login}
filter: {rules: [failed], s: ${selection}, condition: s}
`,
});

it('an exception does to each alert what two runs, one without it and one with it, say', async () => {
  const seen = { lost: 0, kept: 0, changed: 0 };
  await fc.assert(
    fc.asyncProperty(
      attempts,
      fc.constantFrom('{ip: 192.0.2.1}', '{user: a}', '{ip: 192.0.2.2, user: [a, b]}'),
      fc.constantFrom(counting, counted, average),
      async (given, selection, rule) => {
        await using log = await openTestLog(2);
        await append(log, given, 7);
        const request = requestOf(rule);
        const exception = without(selection);
        const [both] = (await run(log, { ...request, exception })).rules;
        const [before] = (await run(log, request)).rules;
        const [after] = (await run(log, { ...request, files: [...request.files, exception] })).rules;
        const end = ({ closedAt, lastSeen }: ReportedAlert) => closedAt ?? lastSeen;
        const sameIn = (alerts: ReportedAlert[]) => (a: ReportedAlert) =>
          alerts.find((b) => b.group.ip === a.group.ip && b.openedAt <= end(a) && end(b) >= a.openedAt);
        const left = sameIn(after.alerts);
        const known = sameIn(before.alerts);
        const ids = (alerts: readonly { id: string }[]) => alerts.map(({ id }) => id);
        const figures = (alert: ReportedAlert) => [alert.openedAt, alert.lastSeen, alert.peak, alert.events].join();
        const kept = before.alerts.filter((alert) => left(alert));
        const { silenced, ...own } = both;
        expect(ids(silenced!.keptAlerts)).toEqual(ids(kept));
        expect(ids(silenced!.lostAlerts)).toEqual(ids(before.alerts.filter((alert) => !left(alert))));
        expect(silenced!.changed).toBe(kept.filter((alert) => figures(alert) !== figures(left(alert)!)).length);
        expect(silenced!.added).toBe(after.alerts.filter((alert) => !known(alert)).length);
        expect({ ...own, silenced: null }).toEqual(before);
        for (const key of ['lost', 'kept', 'changed'] as const) seen[key] += silenced![key];
      },
    ),
    { numRuns: 40 },
  );
  expect(Math.min(...Object.values(seen)), JSON.stringify(seen)).toBeGreaterThan(0);
});

it('alerts that there are only without some events are told apart', async () => {
  await using log = await openTestLog(1);
  const quiet = burst('192.0.2.1', 6).map((attempt) => ({ ...attempt, user: 'a', bytes: 1 }));
  await append(log, [...quiet, { ip: '192.0.2.1', time: seconds(6), user: 'b', bytes: 5 }]);
  const { rules } = await run(log, requestOf(average, { exception: without('{user: a}') }));
  expect(rules[0].silenced).toMatchObject({ lost: 0, kept: 0, changed: 0, added: 1 });
});

it('true positives that it would silence are named', async () => {
  await using log = await openTestLog(2);
  await append(
    log,
    [1, 2, 3].flatMap((n) => burst(`192.0.2.${n}`, 6)),
  );
  const mark = (n: number, verdict: Mark['verdict']): Mark => {
    const at = { openedAt: seconds(2), untilMs: seconds(60) };
    return { id: `m${n}`, ruleId: 'guessing', group: { ip: `192.0.2.${n}` }, verdict, ...at };
  };
  const others = [2, 3, 9].map((n) => mark(n, 'true-positive'));
  const exception = without('{ip: [192.0.2.1, 192.0.2.2]}');
  const { rules } = await run(log, requestOf(counting, { exception, marks: [mark(1, 'false-positive'), ...others] }));
  const { lostAlerts, keptAlerts, ...counts } = rules[0].silenced!;
  expect(counts).toEqual({
    lost: 2,
    kept: 1,
    changed: 0,
    added: 0,
    truePositivesLost: 1,
    falsePositivesLost: 1,
    lostTruePositives: [{ id: 'm2', group: { ip: '192.0.2.2' }, openedAt: new Date(seconds(2)).toISOString() }],
  });
  const verdicts = (alerts: typeof lostAlerts) => alerts.map(({ group, verdict }) => [group.ip, verdict]).sort();
  expect(verdicts(lostAlerts)).toEqual([
    ['192.0.2.1', 'false-positive'],
    ['192.0.2.2', 'true-positive'],
  ]);
  expect(verdicts(keptAlerts)).toEqual([['192.0.2.3', 'true-positive']]);
});
