import { type Correlation } from './correlation-types.js';

/** Stretches of a baseline that are told apart at most: a week of minutes. */
const baselineStretchesMax = 10_080;

/** Why a correlation that is written well can't be run, and what to do instead; undefined: it can. */
export function notRunYet(correlation: Correlation): [reason: string, hint: string] | undefined {
  const { kind } = correlation;
  if (correlation.detections.length < correlation.inputs.length)
    return ['Correlations of correlations are not supported yet', 'Name detection rules'];
  if (kind === 'spike' && correlation.baselineMs > baselineStretchesMax * correlation.timespanMs)
    return ['The `baseline` is more than 10,080 times as long as the `timespan`', 'Use a shorter baseline'];
  return undefined;
}
