import { afterEach, describe, expect, it } from 'vitest';
import { recount } from '#libs/backtest';
import { DetectionRun, latestOf } from './detection-run.js';
import { shuffled, tenthTwice } from './real-data.js';
import { scenarios, shippedPlan } from './shipped.js';

/** The logs of all scenarios of the rules that ship, one after the other. */
const inputs = scenarios.filter(({ plan }) => plan === shippedPlan).flatMap((scenario) => scenario.inputs);

let run: DetectionRun | undefined;
afterEach(async () => {
  await run?.close();
  run = undefined;
});

interface Figures {
  rule: { id: string };
  group: Record<string, unknown>;
  state: string;
  firstSeen: string;
  openedAt: string;
  lastSeen: string;
  peak: number;
  events: number;
}

/** All but the state: live detection closes an alert as time passes, and a recount reads no clock. */
const figures = (alerts: readonly Figures[]): string[] =>
  alerts
    .filter(({ state }) => state !== 'merged')
    .map(({ rule, group, firstSeen, openedAt, lastSeen, peak, events }) =>
      JSON.stringify([rule.id, Object.entries(group).sort(), firstSeen, openedAt, lastSeen, peak, events]),
    )
    .sort();

async function recounted(partitions: number): Promise<Figures[]> {
  const options = { partitions, dedupeHorizonMs: 600_000, identitiesMax: 1 << 20, groupsMax: 1_000_000 };
  const alerts: Figures[] = [];
  for await (const alert of recount(run!.log, shippedPlan, options)) alerts.push(alert);
  return alerts;
}

describe('a recount of the log', () => {
  it.each([1, 4, 16])('gives the alerts that were published live, over %i partitions', async (partitions) => {
    run = await DetectionRun.open(shippedPlan, partitions);
    const sent = tenthTwice(shuffled(inputs, 60_000, partitions));
    for (let half = 0; half < 2; half++) {
      await run.start();
      await run.append(sent.slice((half * sent.length) / 2, ((half + 1) * sent.length) / 2), 97);
      await run.settle();
      await run.stop();
    }
    const live = figures(latestOf(await run.written()));
    expect(live.length).toBeGreaterThanOrEqual(10);
    expect(figures(await recounted(partitions))).toEqual(live);
    expect(run.failures).toEqual([]);
  });

  it('writes nothing', async () => {
    run = await DetectionRun.open(shippedPlan, 2);
    await run.append(inputs, 500);
    expect((await recounted(2)).length).toBeGreaterThanOrEqual(10);
    for (const topic of ['weir.matches', 'weir.dead-letters', 'alert']) {
      expect((await run.log.describe(topic)).partitions.every(({ next }) => next === 0)).toBe(true);
    }
    expect(await run.log.groups()).toEqual([]);
  });
});
