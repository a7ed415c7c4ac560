import { type Block, durationHint } from './block.js';
import { kindShapes } from './correlation-kinds.js';
import { leastWithin, type ReadCondition } from './correlation-limit.js';
import {
  type Correlation,
  type CorrelationKind,
  type GroupField,
  type Limits,
  type SpikeMeasure,
} from './correlation-types.js';
import { isMap } from './source.js';

/**
 * Stretches of a baseline at most, a week of minutes: each is remembered for every group, and gone through whenever the
 * group's windows are looked at again.
 */
const baselineStretchesMax = 10_080;

/** The part of a correlation that only its kind has, from the fields of its condition. */
export type Made = (values: readonly GroupField[]) => OwnPart<Correlation>;
type OwnPart<T> = T extends Correlation ? Omit<T, BaseKey> : never;
type BaseKey =
  | 'info'
  | 'inputs'
  | 'detections'
  | 'groupBy'
  | 'timespanMs'
  | 'timespan'
  | 'condition'
  | 'quietMs'
  | 'alerting';

interface Around {
  /** How many rules it refers to. */
  inputs: number;
  windows: readonly { ms: number }[];
}

/** Checks what a kind asks of its parts together; undefined after reporting problems. */
export function makeKind(
  kind: CorrelationKind,
  block: Block,
  { limits, numbers }: ReadCondition,
  { inputs, windows }: Around,
): Made | undefined {
  switch (kind) {
    case 'event_count':
      return () => ({ kind, limits, threshold: thresholdOf(limits) });
    case 'value_count':
      return (values) => ({ kind, limits, threshold: thresholdOf(limits), values });
    case 'temporal':
    case 'temporal_ordered':
      refuseFewRules(block, kind, limits, inputs);
      return () => ({ kind, limits });
    case 'value_sum':
    case 'value_avg':
    case 'value_median':
    case 'value_percentile':
      return ([value]) => ({ kind, limits, value: value!, percentile: numbers.percentile ?? null });
    case 'spike':
      return makeSpike(block, numbers, windows);
    case 'absence':
      return () => ({ kind });
    case 'first_seen':
      return makeFirstSeen(block, limits, windows);
    case 'ratio':
      if (inputs !== 2) refuseRules(block, '`ratio` needs exactly two rules', 'Name the part first, then the whole');
      return () => ({ kind, limits, minimum: numbers.minimum ?? 1, windowsMs: windows.map(({ ms }) => ms) });
    case 'anomaly':
      return ([value]) => ({
        kind,
        value: value!,
        deviations: numbers.deviations ?? 4,
        minimum: numbers.minimum ?? 30,
      });
  }
}

/** Fires at this count, when the limits are nothing but a lower one. */
function thresholdOf(limits: Limits): number | null {
  if (Object.keys(limits).length !== 1) return null;
  return limits.gte ?? (limits.gt === undefined ? null : limits.gt + 1);
}

function refuseRules(block: Block, reason: string, hint: string): void {
  const entry = block.get('rules');
  if (entry) block.document.report.problem(entry.value ?? entry.key, reason, hint);
}

function refuseFewRules(block: Block, kind: CorrelationKind, limits: Limits, inputs: number): void {
  const least = leastWithin(limits, 0) ?? 0;
  if (inputs < 2 && !block.document.report.failed)
    refuseRules(block, `\`${kind}\` needs at least two rules`, 'Name the rules that have to come together');
  else if (least > inputs && !block.document.report.failed)
    block.document.report.problem(
      block.get('condition')!.value,
      `The condition asks for ${least} of ${inputs} rules`,
      'Name more rules, or ask for fewer',
    );
}

/** A duration that must be there and be at least as long as the timespan. */
function longDuration(block: Block, name: string, windows: Around['windows'], example: string): number | undefined {
  const { report, root } = block.document;
  const entry = block.get(name);
  if (!entry)
    return report.problem(root, `\`correlation\` has no \`${name}\``, `Add for example \`${name}: ${example}\``);
  const ms = block.duration(name);
  const timespanMs = windows.at(-1)?.ms ?? 0;
  if (ms !== undefined && ms < timespanMs)
    return report.problem(entry.value, `\`${name}\` is shorter than \`timespan\``, durationHint);
  return ms;
}

function makeSpike(block: Block, numbers: Record<string, number>, windows: Around['windows']): Made | undefined {
  const { report } = block.document;
  const baselineMs = longDuration(block, 'baseline', windows, '1d');
  const { factor = null, deviations = null, minimum = 1, percentile } = numbers;
  const at = block.get('condition')!;
  if (factor === null && deviations === null)
    report.problem(
      at.key,
      '`spike` needs `factor` or `deviations`',
      `Write \`condition: ${kindShapes.spike.example}\``,
    );
  if (percentile !== undefined && isMap(at.value) && !at.value.has('field'))
    report.problem(at.key, '`percentile` needs the `field` whose percentile it is', 'Add `field: ...`');
  if (baselineMs === undefined) return undefined;
  if (baselineMs > baselineStretchesMax * (windows[0]?.ms ?? baselineMs))
    report.problem(
      block.get('baseline')!.value,
      'The `baseline` is more than 10,080 times as long as the `timespan`, and so many stretches are not remembered for every group',
      'Use a shorter baseline, or a longer timespan',
    );
  return ([value]) => {
    const measure: SpikeMeasure =
      value === undefined
        ? { kind: 'count' }
        : percentile === undefined
          ? { kind: 'sum', value }
          : { kind: 'percentile', value, percentile };
    return { kind: 'spike', measure, baselineMs, factor, deviations, minimum };
  };
}

function makeFirstSeen(block: Block, limits: Limits, windows: Around['windows']): Made | undefined {
  const historyMs = longDuration(block, 'history', windows, '30d');
  if (historyMs === undefined) return undefined;
  return ([value]) => ({ kind: 'first_seen', limits, value: value!, historyMs });
}
