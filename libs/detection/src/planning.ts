import type { Correlation, Detection, RuleSet } from '#libs/sigma';
import { keptFor } from '#libs/windows';
import { hash32 } from './hash.js';
import type { DetectionLimits, PlannedRule, Target } from './plan.js';
import type { PlannedChain, TargetLink } from './plan-chain.js';
import { broughtBy } from './plan-window.js';

/** A plan in the making. */
export interface Planning {
  rules: RuleSet;
  limits: DetectionLimits;
  numbers: Numbers;
  targets: Map<Detection, Target[]>;
  byHash: Map<number, PlannedRule>;
  chains: Map<number, PlannedChain>;
}

/** Gives out the numbers by which hits are told apart. */
export class Numbers {
  private readonly taken = new Set<number>();

  /** Of two texts with one 32-bit hash the second's is moved on, in the order of the rule files. */
  next(text: string): { index: number; hash: number } {
    let hash = hash32(text);
    while (this.taken.has(hash)) hash = (hash + 1) >>> 0;
    this.taken.add(hash);
    return { index: this.taken.size - 1, hash };
  }
}

export function planned(
  { numbers, byHash }: Planning,
  rule: Pick<PlannedRule, 'info' | 'key' | 'timespan' | 'condition' | 'spec' | 'groupBy'> & { sourceSeed?: number },
  parts: { grouping: unknown; brought: unknown; events: unknown },
): PlannedRule {
  const { key, groupBy, spec } = rule;
  const meaning = {
    grouping: JSON.stringify([groupBy, parts.grouping]),
    measure: JSON.stringify([keptFor(spec), parts.brought]),
    timespan: `${spec.timespanMs} ms`,
    lateness: `${spec.latenessMs} ms`,
    events: JSON.stringify(parts.events),
  };
  const number = numbers.next(JSON.stringify([key, meaning]));
  const made: PlannedRule = {
    ...{ sourceSeed: null, ...rule, ...number },
    ...{ isShared: false, seed: hash32(key), meaning, place: null },
  };
  byHash.set(made.hash, made);
  return made;
}

/** Where a correlation's detections have its groups and what it measures: the paths of the fields. */
export function readBy(
  { rules: { fields } }: Planning,
  correlation: Correlation,
): { grouping: unknown; brought: unknown } {
  const pathsOf = (slots: readonly number[]) => slots.map((slot) => fields.paths[slot]);
  return {
    grouping: correlation.detections.map((detection) => pathsOf(groupSlotsOf(correlation, detection))),
    brought: correlation.detections.map((detection) => {
      const brings = broughtBy(correlation, detection);
      const slots = 'slots' in brings ? brings.slots : 'slot' in brings ? [brings.slot] : [];
      return { ...brings, slots: pathsOf(slots), slot: undefined };
    }),
  };
}

/** The events of a correlation's own detections go to the rule. */
export function countDetections(
  { targets }: Planning,
  rule: PlannedRule,
  correlation: Correlation,
  linksOf: readonly ((groupSlots: readonly number[]) => TargetLink)[],
): void {
  for (const detection of correlation.detections) {
    const groupSlots = groupSlotsOf(correlation, detection);
    const links = linksOf.map((linkOf) => linkOf(groupSlots));
    const brings = broughtBy(correlation, detection);
    targets.get(detection)?.push({ rule, type: null, groupSlots, brings, links, hits: 0 });
  }
}

const groupSlotsOf = ({ groupBy }: Correlation, detection: Detection): number[] =>
  groupBy.map(({ slots }) => slots.get(detection)!);
