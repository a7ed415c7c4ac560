import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  explain,
  type Input,
  type Replayed,
  type ReplayOptions,
  readEvidence,
  replay,
  runScenario,
  scenarioOf,
} from '#libs/backtest';
import { systemClock } from '#libs/clock';
import type { DetectionPlan } from '#libs/detection';
import type { Alert } from '#libs/events';
import { type Log, openEmbeddedLog, type TopicOptions } from '#libs/log';
import { freshFolder } from '../../libs/log/testing/folders.js';
import { planOf } from './detect.js';
import { DetectionRun, latestOf } from './detection-run.js';
import { shuffled, tenthTwice } from './real-data.js';
import { scenarios } from './shipped.js';

const partitions = 4;
const limits = { partitions, dedupeHorizonMs: 600_000, identitiesMax: 1 << 20, groupsMax: 1_000_000 };

let run: DetectionRun | undefined;
afterEach(async () => {
  await run?.close();
  run = undefined;
});

const replayed = async (alert: Alert, plan: DetectionPlan, more: Partial<ReplayOptions> = {}): Promise<Replayed> => {
  const evidence = await readEvidence(run!.log, alert.evidence);
  return replay(run!.log, plan, alert, evidence, { ...limits, nowMs: Date.now(), ...more });
};

async function live(scenario: (typeof scenarios)[number], sent = scenario.inputs): Promise<Alert[]> {
  run = await DetectionRun.open(scenario.plan, partitions);
  await run.start();
  await run.append(sent, 97);
  await run.settle();
  await run.stop();
  expect(run.failures).toEqual([]);
  return latestOf(await run.written());
}

describe.each(scenarios)('alerts of $name', (scenario) => {
  it('are the same again when they are replayed', async () => {
    for (const alert of await live(scenario)) {
      const outcome = await replayed(alert, scenario.plan);
      expect(explain(alert, outcome)).toEqual([]);
      expect(outcome).toMatchObject({ same: true, sameId: true, isClipped: false, skipped: [] });
    }
  });

  it('come out of the events that are kept of them', async () => {
    for (const alert of await live(scenario)) {
      const { lines, found } = await replayed(alert, scenario.plan, { linesMax: 10_000 });
      const { inputs } = scenarioOf('kept', { 'log.ndjson': lines.join('\n'), 'alerts.json': '[]' });
      const { rule, group } = alert;
      expect(runScenario(scenario.plan, inputs)).toContainEqual(
        expect.objectContaining({ id: alert.id, ruleId: rule.id, group, ...found }),
      );
    }
  });

  it('are the same again where events came shuffled and some of them twice', async () => {
    for (const alert of await live(scenario, tenthTwice(shuffled(scenario.inputs, 30_000, 7)))) {
      expect(explain(alert, await replayed(alert, scenario.plan))).toEqual([]);
    }
  });
});

// When silence is seen hangs on when time marks are written, and here minutes of events pass in a millisecond.
const withoutSilence = scenarios.filter(({ name }) => name !== 'kind-absence');

describe.each(withoutSilence)('revisions of alerts of $name', (scenario) => {
  it('are the same again, each as far as its events go', async () => {
    run = await DetectionRun.open(scenario.plan, partitions);
    await run.start();
    const inOrder = scenario.inputs.toSorted((a, b) => a.timeMs - b.timeMs);
    await run.append(inOrder, Math.ceil(inOrder.length / 40));
    await run.settle();
    await run.stop();
    const alerts = (await run.written()).filter(({ state }) => state !== 'merged');
    expect(alerts.length).toBeGreaterThanOrEqual(scenario.alerts.length);
    for (const alert of alerts) expect(explain(alert, await replayed(alert, scenario.plan))).toEqual([]);
  });
});

const day = 86_400_000;
const base = Date.UTC(2026, 0, 1);
const login = (id: number, timeMs: number, ip: string, pad = 0, more: Record<string, string> = {}): Input => {
  const data = { outcome: 'failure', user: 'root', ip, service: 'sshd', reason: 'x'.repeat(pad), ...more };
  const event = {
    specversion: '1.0',
    id: String(id),
    source: 's',
    type: 'login',
    time: new Date(timeMs).toISOString(),
  };
  return { type: { topic: 'login' }, key: ip, timeMs, value: Buffer.from(JSON.stringify({ ...event, data })) };
};
const guessing = (from: number, count: number, startMs: number, ip: string, pad = 0): Input[] =>
  Array.from({ length: count }, (_, i) => login(from + i, startMs + i * 1000, ip, pad));
const failures = `title: Failures
name: failures
logsource: {product: weir, service: login}
detection: {s: {outcome: failure}, condition: s}
`;
const planWith = (text: string) => planOf([{ file: 'rule.yml', text: `${failures}---\n${text}` }]);
const plan = planWith(`title: Guessing
name: guessing
correlation: {type: event_count, rules: [failures], group-by: [ip], timespan: 60s, condition: {gte: 5}}
`);

async function guessed(inputs: readonly Input[], by = plan, appendEvents = 5): Promise<Alert> {
  run = await DetectionRun.open(by, 1);
  await run.append(inputs, appendEvents);
  await run.start();
  await run.settle();
  await run.stop();
  return latestOf(await run.written()).find(({ group }) => group.ip === '192.0.2.7')!;
}
const one = { ...limits, partitions: 1, nowMs: Date.now() };
const opened: Log[] = [];
afterEach(() => Promise.all(opened.splice(0).map((log) => log.close())));

/** A log that was given these events, five an append, and of which a byte was changed thereafter. */
async function logOf(inputs: readonly Input[], topic: Partial<TopicOptions> = {}, damageAt?: number): Promise<Log> {
  const directory = await freshFolder();
  const open = () => openEmbeddedLog({ directory, clock: systemClock });
  const log = await open();
  await log.createTopic('login', { partitions: 1, ...topic });
  for (let at = 0; at < inputs.length; at += 5) {
    const records = inputs
      .slice(at, at + 5)
      .map(({ key, timeMs, value }) => ({ key: Buffer.from(key), time: timeMs, value }));
    await log.append('login', records);
  }
  opened.push(log);
  if (damageAt === undefined) return log;
  await opened.pop()!.close();
  const [segment] = globSync('topics/login/*.segment', { cwd: directory });
  const bytes = readFileSync(join(directory, segment));
  bytes[damageAt] ^= 1;
  writeFileSync(join(directory, segment), bytes);
  opened.push(await open());
  return opened.at(-1)!;
}

const once = (alert: Alert, more: Partial<ReplayOptions> = {}) => replayed(alert, plan, { partitions: 1, ...more });

describe('a replay', () => {
  it('reads what an alert can hang on, and no more: of days before and after, nothing', async () => {
    const alert = await guessed([
      ...guessing(0, 500, base, '192.0.2.1'),
      ...guessing(1000, 20, base + day, '192.0.2.7'),
      ...guessing(2000, 500, base + 2 * day, '192.0.2.1'),
    ]);
    const replayed = await once(alert);
    expect(replayed).toMatchObject({ same: true, sameId: true, counted: 20, range: { events: 20 } });
    expect((await once(alert, { whole: true })).range!.events).toBe(520);
  });

  it('knows which inner alerts of a chain had been open for long, and reads no more than it needs for that', async () => {
    const chain = planWith(`title: Guessing of one user
name: guessing
correlation: {type: event_count, rules: [failures], group-by: [ip, user], timespan: 8m, condition: {gte: 2}}
---
title: Guessing of several users
name: spraying
correlation: {type: value_count, rules: [guessing], group-by: [ip], timespan: 10m, condition: {field: user, gte: 3}}
`);
    const minute = 60_000;
    const noon = base + 720 * minute;
    let id = 0;
    const fails = (user: string, atMs: number) => login(id++, atMs, '192.0.2.7', 0, { user });
    const twice = (user: string, minutes: number) => [0, 1000].map((ms) => fails(user, noon + minutes * minute + ms));
    const sent = [
      // One user is being guessed all day; this is one alert, which began long ago.
      ...Array.from({ length: 100 }, (_, i) => fails('u1', noon - i * 7 * minute)),
      ...['u2', 'u3'].flatMap((user) => twice(user, -13)),
      ...['u4', 'u5', 'u6'].flatMap((user) => twice(user, -2)),
    ].sort((a, b) => a.timeMs - b.timeMs);
    const alert = await guessed(sent, chain, 1);
    expect(alert).toMatchObject({ rule: { name: 'spraying' }, peak: 4, events: 9 });
    const ask = { partitions: 1, dedupeHorizonMs: 1000, linesMax: 10_000 };
    const { same, sameId, counted, lines, range } = await replayed(alert, chain, ask);
    expect({ same, sameId }).toEqual({ same: true, sameId: true });
    expect(counted).toBe(range!.events);
    expect(counted).toBeLessThan(30);
    const { inputs } = scenarioOf('kept', { 'log.ndjson': lines.join('\n'), 'alerts.json': '[]' });
    const { openedAt, peak } = alert;
    expect(runScenario(chain, inputs)).toMatchObject([{ id: alert.id, openedAt, peak, events: 9 }]);
  });

  it('goes through every level of a chain, and says what it lacks', async () => {
    const chain = planWith(`title: Guessing of one user
name: guessing
correlation: {type: event_count, rules: [failures], group-by: [ip, user], timespan: 60s, condition: {gte: 5}}
---
title: Guessing of several users
name: spraying
correlation: {type: value_count, rules: [guessing], group-by: [ip], timespan: 5m, condition: {field: user, gte: 2}}
---
title: In
name: logins
logsource: {product: weir, service: login}
detection: {s: {outcome: success}, condition: s}
---
title: Guessing of several users, and then a login
name: guessed
correlation: {type: temporal_ordered, rules: [spraying, logins], group-by: [ip], timespan: 10m}
`);
    const at = (user: string, startMs: number, count: number, outcome = 'failure') =>
      Array.from({ length: count }, (_, i) =>
        login(startMs - base + i, startMs + i * 1000, '192.0.2.7', 0, { user, outcome }),
      );
    const sent = [...at('u1', base, 8), ...at('u2', base + 60_000, 8), ...at('u2', base + 90_000, 1, 'success')];
    const alert = await guessed(sent, chain, 1);
    expect(alert).toMatchObject({ rule: { name: 'guessed' }, events: 3 });
    expect(alert.evidence).toHaveLength(17);
    expect(await replayed(alert, chain, { partitions: 1 })).toMatchObject({ same: true, sameId: true, counted: 17 });
    const left = await logOf(sent.slice(0, -1));
    const without = await replay(left, chain, alert, await readEvidence(left, alert.evidence), one);
    expect(explain(alert, without).map(({ kind }) => kind)).toEqual(['events-gone', 'no-alert']);
    expect(without).toMatchObject({ counted: 16, notCounted: { repeated: 0, unmatched: 0 } });
  });

  it('takes no event twice that was sent again, whenever', async () => {
    const sent = guessing(0, 8, base, '192.0.2.7');
    const alert = await guessed([...sent, ...sent.slice(2, 4), ...sent]);
    expect(await once(alert)).toMatchObject({ same: true, counted: 8, notCounted: { repeated: 0, unmatched: 0 } });
  });

  it('says which events are gone by retention, and what it counts without them', async () => {
    const sent = [...guessing(0, 200, base, '192.0.2.7', 1000), ...guessing(1000, 20, base + day, '192.0.2.1', 1000)];
    const alert = await guessed(sent);
    const log = await logOf(sent, { retentionBytes: 160_000 });
    const { earliest } = (await log.describe('login')).partitions[0];
    expect(earliest).toBeGreaterThan(50);
    const replayed = await replay(log, plan, alert, await readEvidence(log, alert.evidence), one);
    expect(replayed).toMatchObject({ same: false, isClipped: true, counted: 200 - earliest });
    const why = explain(alert, replayed);
    expect(why.map(({ kind }) => kind)).toEqual(['events-gone', 'log-begins-later', 'value-differs']);
    expect(why[0].facts).toMatchObject({
      count: 50,
      events: alert.evidence.slice(0, 10).map(({ offset }) => ({ offset })),
    });
    expect(why[2].facts).toMatchObject({ events: { was: 200, is: 200 - earliest } });

    const none = await logOf([...sent, ...guessing(2000, 300, base + 2 * day, '192.0.2.1', 1000)], {
      retentionBytes: 160_000,
    });
    const nothing = await replay(none, plan, alert, await readEvidence(none, alert.evidence), one);
    expect(explain(alert, nothing).map(({ kind }) => kind)).toEqual(['events-gone', 'no-alert']);
    expect(nothing.range).toBeNull();
  });

  it('says which events are damaged, and reads on behind them', async () => {
    const sent = guessing(0, 40, base, '192.0.2.7', 1000);
    const alert = await guessed(sent);
    const log = await logOf(sent, {}, 9_500);
    const replayed = await replay(log, plan, alert, await readEvidence(log, alert.evidence), one);
    expect(replayed).toMatchObject({ same: false, counted: 35 });
    const why = explain(alert, replayed);
    expect(why.map(({ kind }) => kind)).toEqual(['events-damaged', 'value-differs']);
    expect(why[0].facts).toMatchObject({ count: 5 });
  });

  it('knows another log when it sees one', async () => {
    const alert = await guessed(guessing(0, 8, base, '192.0.2.7'));
    const log = await logOf(guessing(100, 8, base, '192.0.2.7'));
    const replayed = await replay(log, plan, alert, await readEvidence(log, alert.evidence), one);
    expect(explain(alert, replayed).map(({ kind }) => kind)).toEqual(['events-replaced', 'no-alert']);
  });

  it('counts from a moment on, as a rule that is new then', async () => {
    const alert = await guessed(guessing(0, 8, base, '192.0.2.7'));
    const [, , , , , { recordedMs }] = await readEvidence(run!.log, alert.evidence);
    const replayed = await once(alert, { countFromMs: recordedMs! + 1 });
    expect(replayed).toMatchObject({ same: false, found: null });
    expect(replayed.counted).toBeLessThan(8);
  });

  it('is given up when nobody waits for it', async () => {
    const alert = await guessed(guessing(0, 8, base, '192.0.2.7'));
    await expect(once(alert, { signal: AbortSignal.abort(new RangeError('gone')) })).rejects.toThrow('gone');
  });
});
