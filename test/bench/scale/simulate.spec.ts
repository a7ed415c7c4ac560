import { describe, expect, it } from 'vitest';
import { measuredHere } from './costs.js';
import { networkOf, oneProcess, planFor } from './plan.js';
import { type Network, simulate } from './simulate.js';

const jobs = 200_000;
const seed = 7;

function single(load: number, delaySeconds = 0): Network {
  return { jobsPerSecond: load * 1000, stages: [{ name: 'only', stations: 1, serviceSeconds: 0.001, delaySeconds }] };
}

describe('a queue with steady work and random arrivals', () => {
  it.each([0.3, 0.6, 0.8])('waits as long as the closed formula of M/D/1 says, at load %d', (load) => {
    const { meanSeconds, stages } = simulate(single(load), jobs, seed);
    const expected = 0.001 * (1 + load / (2 * (1 - load)));
    expect(Math.abs(meanSeconds / expected - 1)).toBeLessThan(0.03);
    expect(stages[0].utilisation).toBeCloseTo(load, 10);
  });

  it('adds delays that take no work', () => {
    const without = simulate(single(0.5), 1000, seed);
    const { meanSeconds } = simulate(single(0.5, 0.25), 1000, seed);
    expect(meanSeconds).toBeCloseTo(without.meanSeconds + 0.25, 10);
  });

  it('shares work out over stations', () => {
    const one = simulate(single(0.6), jobs, seed);
    const network = { jobsPerSecond: 6000, stages: [{ ...single(0.6).stages[0], stations: 10 }] };
    expect(Math.abs(simulate(network, jobs, seed).meanSeconds / one.meanSeconds - 1)).toBeLessThan(0.03);
  });

  it('grows without bound past saturation, as fast as more work comes than is done', () => {
    const { breaks, stages } = simulate(single(1.25), jobs, seed);
    expect(breaks).toBe('only');
    const took = jobs / 1250;
    expect(Math.abs(stages[0].backlogSeconds / (0.25 * took) - 1)).toBeLessThan(0.05);
  });

  it('is the same on every run of one seed', () => {
    expect(simulate(single(0.7), 1000, 3)).toEqual(simulate(single(0.7), 1000, 3));
    expect(simulate(single(0.7), 1000, 3)).not.toEqual(simulate(single(0.7), 1000, 4));
  });
});

describe('the cost model', () => {
  it('saturates one process within 40 % of where a real one did', () => {
    const measuredSaturation = 75_000;
    const breaksAt = (rate: number) => simulate(oneProcess(rate, measuredHere), 2000, seed).breaks !== null;
    let rate = 10_000;
    while (!breaksAt(rate)) rate *= 1.02;
    expect(Math.abs(rate / measuredSaturation - 1)).toBeLessThan(0.4);
  });

  it.each([10_000, 100_000, 1_000_000, 10_000_000])('makes a plan that bears %d events a second', (rate) => {
    const plan = planFor(rate, measuredHere);
    const { breaks, stages } = simulate(networkOf(rate, plan, measuredHere), 20_000, seed);
    expect(breaks).toBeNull();
    for (const { utilisation } of stages) expect(utilisation).toBeLessThanOrEqual(1);
  });

  it('names the stage that is short of processes', () => {
    const plan = planFor(1_000_000, measuredHere);
    const short = { ...plan, match: Math.floor(plan.match / 2) };
    expect(simulate(networkOf(1_000_000, short, measuredHere), 20_000, seed).breaks).toBe('match');
  });
});
