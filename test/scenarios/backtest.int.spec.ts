import { afterEach, describe, expect, it } from 'vitest';
import { type BacktestReport, backtest } from '#libs/backtest';
import { systemClock } from '#libs/clock';
import type { Alert } from '#libs/events';
import { DetectionRun, latestOf } from './detection-run.js';
import { shuffled, tenthTwice } from './real-data.js';
import { scenarios, shippedPlan, shippedRules } from './shipped.js';

/** The logs of all scenarios of the rules that ship, one after the other. */
const inputs = scenarios.filter(({ plan }) => plan === shippedPlan).flatMap((scenario) => scenario.inputs);
const ruleIds = [...new Set([...shippedPlan.byHash.values()].map(({ info }) => info.id))];

let run: DetectionRun | undefined;
afterEach(async () => {
  await run?.close();
  run = undefined;
});

type Figures = Pick<
  Alert,
  'group' | 'firstSeen' | 'openedAt' | 'lastSeen' | 'value' | 'peak' | 'events' | 'expected'
> & {
  evidence: readonly { topic: string; partition: number; offset: number; time: string }[];
};

const figures = (ruleId: string, alerts: readonly Figures[]): string[] =>
  alerts
    .map(({ group, firstSeen, openedAt, lastSeen, value, peak, events, expected, evidence }) => {
      const places = evidence
        .map(({ topic, partition, offset, time }) => `${topic}/${partition}:${offset} ${time}`)
        .sort();
      const fields = Object.entries(group).sort();
      return JSON.stringify([ruleId, fields, firstSeen, openedAt, lastSeen, value, peak, events, expected, places]);
    })
    .sort();

function backtested(): Promise<BacktestReport> {
  const request = {
    files: shippedRules,
    rules: ruleIds.map((id) => ({ id })),
    thresholds: [],
    fromMs: null,
    untilMs: null,
    nowMs: systemClock.now(),
    marks: [],
    exception: null,
    write: false,
    options: { latenessMs: 60_000, dedupeHorizonMs: 600_000, identitiesMax: 1 << 20, groupsMax: 1_000_000 },
  };
  const nothing = async () => ({ alerts: 0, known: 0 });
  return backtest(request, { log: run!.log, told: () => {}, write: nothing, elapsedMs: () => 0 });
}

describe('a backtest of the rules that ship', () => {
  it.each([1, 4])('gives the alerts that were published live, over %i partitions', async (partitions) => {
    run = await DetectionRun.open(shippedPlan, partitions);
    await run.start();
    await run.append(tenthTwice(shuffled(inputs, 60_000, partitions)), 97);
    await run.settle();
    await run.stop();
    const live = Map.groupBy(latestOf(await run.written()), ({ rule }) => rule.id);
    expect([...live.values()].flat().length).toBeGreaterThanOrEqual(10);
    const { rules } = await backtested();
    expect(rules.map(({ rule }) => rule.id)).toEqual(ruleIds);
    for (const { rule, alerts } of rules)
      expect(figures(rule.id, alerts)).toEqual(figures(rule.id, live.get(rule.id) ?? []));
    expect(run.failures).toEqual([]);
  });

  // Which fire was seen first when one comes late hangs on what was read together.
  it('gives alerts the identities that they have live where nothing comes late', async () => {
    run = await DetectionRun.open(shippedPlan, 4);
    await run.start();
    await run.append(
      inputs.toSorted((a, b) => a.timeMs - b.timeMs),
      97,
    );
    await run.settle();
    await run.stop();
    const live = latestOf(await run.written()).map(({ id }) => id);
    const { rules } = await backtested();
    expect(rules.flatMap(({ alerts }) => alerts.map(({ id }) => id)).sort()).toEqual(live.sort());
  });
});
