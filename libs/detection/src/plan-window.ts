import type { Correlation, Detection, GroupField } from '#libs/sigma';
import { type Limits, type MeasureSpec, measureOf as measureOfWindow, type WindowRule } from '#libs/windows';

/** What an event brings to a window, beside itself: nothing, which values it has (their hash), a number, or which of a correlation's inputs it is. */
export type Brought =
  | { kind: 'nothing' }
  | { kind: 'values'; slots: readonly number[] }
  | { kind: 'number'; slot: number }
  | { kind: 'input'; input: number };

/** The window of a correlation. */
export function windowOf(correlation: Correlation, latenessMs: number): WindowRule {
  const { timespanMs, quietMs } = correlation;
  const times = { timespanMs, latenessMs, quietMs };
  if (correlation.kind === 'absence') return { ...times, kind: 'absence' };
  const least = leastOf(correlation);
  if (least !== null) {
    const kind = correlation.kind === 'event_count' ? ('count' as const) : ('distinct' as const);
    return { ...times, kind, threshold: least };
  }
  return { ...times, kind: 'measured', measure: measureOf(correlation) };
}

/** How many events, or different values, are enough; null: it is not as simple as that. */
function leastOf(correlation: Correlation): number | null {
  const { kind } = correlation;
  if (kind === 'event_count' || kind === 'value_count') return correlation.threshold;
  if (kind !== 'temporal') return null;
  const { gt, gte, ...others } = temporalLimits(correlation);
  if (Object.keys(others).length > 0 || (gt !== undefined && gte !== undefined)) return null;
  return gte ?? gt! + 1;
}

const temporalLimits = ({ limits, inputs }: Extract<Correlation, { kind: 'temporal' | 'temporal_ordered' }>): Limits =>
  Object.keys(limits).length > 0 ? limits : { gte: inputs.length };

function measureOf(correlation: Exclude<Correlation, { kind: 'absence' }>): MeasureSpec {
  switch (correlation.kind) {
    case 'event_count':
      return { kind: 'count', limits: correlation.limits };
    case 'value_count':
      return { kind: 'distinct', limits: correlation.limits };
    case 'temporal':
      return { kind: 'distinct', limits: temporalLimits(correlation) };
    case 'temporal_ordered':
      return { kind: 'ordered', inputs: correlation.inputs.length, limits: temporalLimits(correlation) };
    case 'value_sum':
      return { kind: 'sum', limits: correlation.limits };
    case 'value_avg':
      return { kind: 'average', limits: correlation.limits };
    case 'value_median':
      return { kind: 'percentile', percentile: 'median', limits: correlation.limits };
    case 'value_percentile':
      return correlation.percentile === null
        ? { kind: 'share', limits: correlation.limits }
        : { kind: 'percentile', percentile: correlation.percentile, limits: correlation.limits };
    case 'spike': {
      const { measure, baselineMs, factor, deviations, minimum } = correlation;
      const of = measure.kind === 'percentile' ? { kind: measure.kind, percentile: measure.percentile } : measure;
      return { kind: 'spike', of: { ...of }, baselineMs, factor, deviations, minimum };
    }
    case 'first_seen': {
      const limits = Object.keys(correlation.limits).length > 0 ? correlation.limits : { gte: 1 };
      return { kind: 'first-seen', historyMs: correlation.historyMs, limits };
    }
    case 'ratio':
      return {
        kind: 'ratio',
        windowsMs: correlation.windowsMs,
        minimum: correlation.minimum,
        limits: correlation.limits,
      };
    case 'anomaly':
      return { kind: 'anomaly', deviations: correlation.deviations, minimum: correlation.minimum };
  }
}

/** What an event of one of its detections brings. */
export function broughtBy(correlation: Correlation, detection: Detection): Brought {
  switch (correlation.kind) {
    case 'event_count':
    case 'absence':
      return { kind: 'nothing' };
    case 'value_count':
      return { kind: 'values', slots: correlation.values.map(({ slots }) => slots.get(detection)!) };
    case 'first_seen':
      return { kind: 'values', slots: [correlation.value.slots.get(detection)!] };
    case 'temporal':
    case 'temporal_ordered':
    case 'ratio':
      return { kind: 'input', input: correlation.inputs.indexOf(detection) };
    case 'spike':
      return correlation.measure.kind === 'count'
        ? { kind: 'nothing' }
        : { kind: 'number', slot: correlation.measure.value.slots.get(detection)! };
    case 'value_percentile':
      if (correlation.percentile !== null) break;
      return { kind: 'values', slots: [correlation.value.slots.get(detection)!] };
  }
  return { kind: 'number', slot: correlation.value.slots.get(detection)! };
}

/** What an episode of one of its correlations brings: which values it has, as indices of that one's groups, or a number. */
export function broughtByEpisodes(correlation: Correlation, inner: Correlation): { at: number[] } | { value: number } {
  const at = (fields: readonly GroupField[]) => ({ at: fields.map(({ groups }) => groups.get(inner)!) });
  switch (correlation.kind) {
    case 'value_count':
      return at(correlation.values);
    case 'first_seen':
    case 'value_percentile':
      return at([correlation.value]);
    case 'temporal':
    case 'temporal_ordered':
    case 'ratio':
      return { value: correlation.inputs.indexOf(inner) };
    default:
      return { value: 0 };
  }
}

/** The window of a correlation that counts others' episodes: these come late, and may be taken back. */
export function revisableWindowOf(
  correlation: Correlation,
  latenessMs: number,
  revisable: { neededMs: number; entrySliceMs: number },
): WindowRule {
  const rule = windowOf(correlation, latenessMs);
  const { timespanMs, quietMs } = rule;
  return { timespanMs, latenessMs, quietMs, kind: 'measured', measure: measureOfWindow(rule), revisable };
}
