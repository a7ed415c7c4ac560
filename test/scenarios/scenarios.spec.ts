import { describe, expect, it } from 'vitest';
import { runScenario, withoutIds } from '#libs/backtest';
import { scenarios } from './shipped.js';

/** A folder is a log in and alerts out, an hour after the last event. */
describe.each(scenarios)('$name', ({ plan, inputs, alerts }) => {
  it.each([1, 16])('gives its alerts over %i partitions', (partitions) => {
    expect(runScenario(plan, inputs, partitions).map(withoutIds)).toEqual(alerts);
  });
});
