import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Input, recount } from '#libs/backtest';
import { planOf } from './detect.js';
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

async function recounted(partitions: number, plan = shippedPlan, nowMs = Date.now()): Promise<Figures[]> {
  const options = { partitions, dedupeHorizonMs: 600_000, identitiesMax: 1 << 20, groupsMax: 1_000_000, nowMs };
  const alerts: Figures[] = [];
  for await (const alert of recount(run!.log, plan, options)) alerts.push(alert);
  return alerts;
}

const silences = `title: Heartbeat
name: heartbeats
level: informational
logsource: {product: weir, service: log}
detection: {s: {body: heartbeat}, condition: s}
---
title: A host has fallen silent
name: silent-host
correlation: {type: absence, rules: [heartbeats], group-by: [service, host], timespan: 2s}
---
title: Hosts of one service fall silent together
name: silent-service
correlation: {type: value_count, rules: [silent-host], group-by: [service], timespan: 5s, generate: true, condition: {field: host, gte: 2}}
`;
function heartbeat(id: number, host: string, timeMs: number): Input {
  const data = { service: 'shop', host, level: 'info', body: 'heartbeat' };
  const event = {
    specversion: '1.0',
    id: `${id}`,
    source: 's',
    type: 'log',
    time: new Date(timeMs).toISOString(),
    data,
  };
  return { type: { topic: 'log' }, key: host, timeMs, value: Buffer.from(JSON.stringify(event)) };
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

  it('gives the alerts of a chain, which carry the events that prove them', async () => {
    const chain = scenarios.find(({ name }) => name === 'kind-chain-guessed-login')!;
    run = await DetectionRun.open(chain.plan, 4);
    const sent = tenthTwice(shuffled(chain.inputs, 60_000, 7));
    for (const part of [sent.slice(0, 20), sent.slice(20)]) {
      await run.start();
      await run.append(part, 3);
      await run.settle();
      await run.stop();
    }
    const live = latestOf(await run.written());
    expect(live.map(({ rule, evidence }) => [rule.name, evidence.length])).toEqual([
      ['guessed-login', 6],
      ['guessed-login', 6],
    ]);
    for (const { group, evidence } of live) {
      const events = evidence.map(({ event }) => event as { time: string; data: { ip: string; outcome: string } });
      expect(events.map(({ data }) => data.outcome)).toEqual([...Array<string>(5).fill('failure'), 'success']);
      expect(events.every(({ data }) => data.ip === group.ip)).toBe(true);
      expect(evidence.map(({ time }) => time)).toEqual(events.map(({ time }) => time));
    }
    expect(figures(await recounted(4, chain.plan))).toEqual(figures(live));
    expect(run.failures).toEqual([]);
  });

  it('gives the alerts of silence at the end of the log, alone and within a chain', async () => {
    const plan = planOf([{ file: 'rules.yml', text: silences }], 1000);
    run = await DetectionRun.open(plan, 4);
    const start = Date.UTC(2026, 2, 2);
    const heartbeats = Array.from({ length: 12 }, (_, i) => heartbeat(i, `web${i % 3}`, start + i * 300));
    await run.append(heartbeats, 2);
    await run.start();
    const written = async () => latestOf(await run!.written());
    await vi.waitFor(async () => expect(await written()).toHaveLength(4), { timeout: 60_000, interval: 200 });
    await run.stop();
    const live = await written();
    expect(live.map(({ rule }) => rule.name).sort()).toEqual([...Array(3).fill('silent-host'), 'silent-service']);
    expect(live.find(({ rule }) => rule.name === 'silent-service')).toMatchObject({ peak: 3, events: 3 });
    expect(figures(await recounted(4, plan))).toEqual(figures(live));
    expect(run.failures).toEqual([]);
  });

  it.each([1, 4])('gives the alerts of hosts that fell silent, over %i partitions', async (partitions) => {
    const chain = scenarios.find(({ name }) => name === 'kind-chain-silent-hosts')!;
    run = await DetectionRun.open(chain.plan, partitions);
    await run.start();
    await run.append(tenthTwice(shuffled(chain.inputs, 30_000, partitions)), 5);
    await run.settle();
    await run.stop();
    const live = figures(latestOf(await run.written()));
    // The last silence of the log is too young to be known.
    expect(live).toHaveLength(chain.alerts.length - 1);
    expect(figures(await recounted(partitions, chain.plan))).toEqual(live);
    const hourLater = figures(await recounted(partitions, chain.plan, Date.now() + 3_600_000));
    expect(hourLater).toHaveLength(chain.alerts.length);
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
