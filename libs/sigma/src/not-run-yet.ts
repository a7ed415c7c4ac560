import { type Correlation } from './correlation-types.js';

/** Why a correlation that is written well can't be run, and what to do instead; undefined: it can. */
export function notRunYet(correlation: Correlation): [reason: string, hint: string] | undefined {
  const { kind } = correlation;
  if (kind !== 'event_count' && kind !== 'value_count')
    return [`The correlation type \`${kind}\` is not supported yet`, 'Use `event_count` or `value_count`'];
  if (correlation.detections.length < correlation.inputs.length)
    return ['Correlations of correlations are not supported yet', 'Name detection rules'];
  if (correlation.threshold === null)
    return ['Only a lower limit is supported yet in a condition', 'Use `gte` or `gt` alone'];
  if (kind === 'value_count' && correlation.values.length > 1)
    return ['Counting several fields together is not supported yet', 'Name one field'];
  return undefined;
}
