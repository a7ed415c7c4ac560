import { isLower, type RuleLimit } from './limit.js';
import type { RuleReport } from './report.js';

export interface Peak {
  value: number;
  /** What people said of an alert of this group, if they did: the worse is the true one. */
  verdict: 'true-positive' | 'false-positive' | null;
}

/** So many groups must have alerted before a gap between them says anything. */
const groupsMin = 5;
/** A gap must be at least this wide: what stands above it is so many times what stands below. */
const ratioMin = 1.5;

interface Gap {
  below: number;
  above: number;
  /** Groups on either side. */
  under: number;
  over: number;
}

/**
 * A limit that tells the groups apart that stand out: it lies in the widest gap between the largest values that groups
 * reached, as a ratio. Marked alerts narrow it: no limit is proposed that would miss what is known to be true, and one
 * that leaves out what is known to be false is taken before others.
 */
export function propose(limit: RuleLimit | null, peaks: readonly Peak[]): RuleReport['proposal'] {
  if (limit === null) return none('The rule has no single limit');
  if (!isLower(limit)) return none('An upper limit has no peaks to tell groups apart by');
  if (peaks.length < groupsMin) return none(`Only ${peaks.length} groups come that far: too few to tell apart`);
  const gaps = gapsOf(peaks);
  const [least, most] = [leastTrue(peaks), mostFalse(peaks)];
  const allowed = gaps.filter(({ above }) => above <= least);
  const clean = allowed.filter(({ below }) => below >= most);
  const widest = [...(clean.length > 0 ? clean : allowed)].sort((a, b) => ratioOf(b) - ratioOf(a))[0];
  if (widest === undefined || ratioOf(widest) < ratioMin) return none('The largest values of groups lie without a gap');
  const { below, above, under, over } = widest;
  const value = within(limit, below, above);
  const marks = least < Infinity || most > -Infinity ? ', the widest gap that marked alerts leave' : ', the widest gap';
  const reason =
    `${groups(under)} reached ${round(below)} at most and ${groups(over)} ${round(above)} or more${marks}: ` +
    `${limit.comparison} ${value} lies between`;
  return { threshold: value, reason };
}

const none = (reason: string) => ({ threshold: null, reason });
const groups = (count: number): string => (count === 1 ? '1 group' : `${count} groups`);
const ratioOf = ({ below, above }: Gap): number => above / below;
const round = (value: number): number => Number(value.toPrecision(4));

/** Between neighbouring values above zero, where the larger side is the smaller number of groups. */
function gapsOf(peaks: readonly Peak[]): Gap[] {
  const sorted = peaks.map(({ value }) => value).sort((a, b) => a - b);
  return sorted.flatMap((above, i) => {
    const below = sorted[i - 1];
    return i > 0 && below > 0 && above > below ? [{ below, above, under: i, over: sorted.length - i }] : [];
  });
}

const leastTrue = (peaks: readonly Peak[]): number =>
  Math.min(...peaks.flatMap(({ value, verdict }) => (verdict === 'true-positive' ? [value] : [])));
const mostFalse = (peaks: readonly Peak[]): number =>
  Math.max(...peaks.flatMap(({ value, verdict }) => (verdict === 'false-positive' ? [value] : [])));

/** The middle of a gap by ratio; a limit is met by what is above it and not by what is below. */
function within({ isWhole, comparison }: RuleLimit, below: number, above: number): number {
  const middle = Math.sqrt(below * above);
  if (!isWhole) return round(middle);
  return comparison === 'gt'
    ? Math.max(below, Math.floor(middle))
    : Math.min(above, Math.max(below + 1, Math.round(middle)));
}
