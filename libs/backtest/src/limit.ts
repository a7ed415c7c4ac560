import type { Correlation, Limits } from '#libs/sigma';

type Comparison = keyof Limits;

/** The one number that decides whether a correlation alerts. */
export interface RuleLimit {
  comparison: 'gte' | 'gt' | 'lte' | 'lt';
  value: number;
  /** Whole numbers are compared. */
  isWhole: boolean;
}

const thresholds: readonly Comparison[] = ['gte', 'gt', 'lte', 'lt'];
const counted: readonly string[] = ['event_count', 'value_count', 'temporal', 'temporal_ordered', 'first_seen'];

/** Null: it has none, or a range. */
export function limitOf(correlation: Correlation): RuleLimit | null {
  if (!('limits' in correlation)) return null;
  const { kind, inputs } = correlation;
  const isWhole = counted.includes(kind);
  const [given, ...more] = Object.entries(correlation.limits) as [Comparison, number][];
  if (given === undefined) return { comparison: 'gte', value: kind === 'first_seen' ? 1 : inputs.length, isWhole };
  const [comparison, value] = given;
  if (more.length > 0 || !thresholds.includes(comparison)) return null;
  return { comparison: comparison as RuleLimit['comparison'], value, isWhole };
}

/** More alerts come of a lower limit. */
export const isLower = ({ comparison }: RuleLimit): boolean => comparison === 'gte' || comparison === 'gt';

/** The same correlation, held against another limit. */
export function heldAgainst(correlation: Correlation, { comparison }: RuleLimit, value: number): Correlation {
  const condition = { ...correlation.condition, [comparison]: value };
  const threshold = comparison === 'gte' ? value : comparison === 'gt' ? value + 1 : null;
  const isCount = correlation.kind === 'event_count' || correlation.kind === 'value_count';
  return { ...correlation, limits: { [comparison]: value }, condition, ...(isCount && { threshold }) } as Correlation;
}

/** Limits worth looking at beside the rule's own, ascending. */
export function limitsAround({ value, isWhole }: RuleLimit): number[] {
  const around = [0.5, 2, 5].map((factor) => (isWhole ? Math.max(1, Math.round(value * factor)) : value * factor));
  return [...new Set(around)].filter((limit) => limit !== value && value > 0).sort((a, b) => a - b);
}

/** What is wrong with a limit that somebody asks for; null: nothing. */
export function limitFault({ comparison, isWhole }: RuleLimit, value: number): string | null {
  if (!isWhole) return Number.isFinite(value) ? null : 'a number';
  const least = comparison === 'gte' || comparison === 'lt' ? 1 : 0;
  return Number.isSafeInteger(value) && value >= least ? null : `a whole number from ${least}`;
}
