import type { Correlation } from '#libs/sigma';
import type { WindowRule } from '#libs/windows';
import type { PlannedRule } from './plan.js';
import { broughtByEpisodes, revisableWindowOf, windowOf } from './plan-window.js';
import { countDetections, type Planning, planned, readBy } from './planning.js';

/**
 * A correlation that counts episodes of others, and everything below it: each with windows of its own, which alert
 * nobody. A group of an inner rule is part of one group of the rule that counts it, as that one's fields are among its
 * own. So all that a group of the outermost rule hangs on lives in one partition, which that group chooses: hits of inner
 * rules carry the groups that theirs is part of, as hits of links beside them.
 */
export interface PlannedChain {
  root: PlannedRule;
  /** All rules of the chain, the root too; one whose episodes are counted comes before the one that counts them. */
  rules: readonly PlannedRule[];
  /** How much older than the newest event of its group in the root an event may be. */
  reachMs: number;
}

/** Where a rule stands in a chain. */
export interface ChainPlace {
  chain: PlannedChain;
  /** The rule that counts its episodes; null: it is the root. */
  parent: PlannedRule | null;
  /** One for every rule above, the parent's first. */
  links: readonly PlannedLink[];
}

/** Does another rule count its episodes? Nobody hears of them by themselves. */
export const isInner = ({ place }: PlannedRule): boolean => place !== null && place.parent !== null;

/** Hits of a link tell, hit by hit, which group of a rule above a hit's group is part of, and with which value. */
export interface PlannedLink {
  index: number;
  hash: number;
  /** The rule above. */
  rule: PlannedRule;
}

export interface TargetLink {
  link: PlannedLink;
  /** Which of the group's fields make up the group above: where they are in the group, and in the event. */
  groupAt: readonly number[];
  groupSlots: readonly number[];
  /** The value there: a number, or a hash of these. */
  value: number;
  valueAt: readonly number[] | null;
  valueSlots: readonly number[] | null;
}

/** An absence is known once its lateness has passed, by the marks of hits that are kept to the second. */
const absenceSlackMs = 5000;

interface Above {
  correlation: Correlation;
  rule: PlannedRule;
  above: Above | null;
}

export function planChain(planning: Planning, root: Correlation): void {
  const { limits, chains } = planning;
  const inChain = within(root);
  const isSlow = inChain.some(({ kind }) => kind === 'absence');
  const latenessMs = limits.latenessMs + (isSlow ? limits.latenessMs + absenceSlackMs : 0);
  const reachMs = limits.latenessMs + Math.min(...inChain.map(({ timespanMs }) => timespanMs));
  const places: { rule: PlannedRule; place: Omit<ChainPlace, 'chain'> }[] = [];
  const specOf = (correlation: Correlation, above: Correlation | null): WindowRule => {
    const told = above !== null && asksWhether(above) ? { fireSliceMs: sliceMsOf(above) } : {};
    if (isInnermost(correlation)) return { ...windowOf(correlation, limits.latenessMs), ...told };
    const all = within(correlation);
    const neededMs = all.slice(1).reduce((sum, { timespanMs }) => sum + timespanMs + latenessMs, 0);
    // With the event at which a slice ends, all since the one at which it began changes.
    const backMs = all.reduce((sum, of) => sum + (isInnermost(of) ? 0 : sliceMsOf(of)), 0);
    const revisable = { neededMs, entrySliceMs: sliceMsOf(correlation) };
    return { ...revisableWindowOf(correlation, latenessMs + backMs, revisable), ...told };
  };

  const plan = (correlation: Correlation, above: Above | null): PlannedRule => {
    const { info, timespan, condition, groupBy } = correlation;
    const key = above === null ? info.id : `${above.rule.key} > ${info.id}`;
    const events = [describe(planning, correlation, specOf, null), above?.rule.meaning];
    const rule = planned(
      planning,
      {
        info,
        key,
        timespan,
        condition,
        spec: specOf(correlation, above?.correlation ?? null),
        groupBy: groupBy.map(({ name }) => name),
      },
      { ...readBy(planning, correlation), events },
    );
    const here = { correlation, rule, above };
    for (const inner of innerOf(correlation)) plan(inner, here);
    const linksOf = linksAbove(here, planning);
    countDetections(
      planning,
      rule,
      correlation,
      linksOf.map(({ make }) => make),
    );
    places.push({ rule, place: { parent: above?.rule ?? null, links: linksOf.map(({ link }) => link) } });
    return rule;
  };
  const chain = { root: plan(root, null), rules: places.map(({ rule }) => rule), reachMs };
  for (const { rule, place } of places) {
    rule.place = { chain, ...place };
    for (const { hash } of [rule, ...place.links]) chains.set(hash, chain);
  }
}

/** Does it matter to a correlation whether something happened, not how often it began? */
const asksWhether = ({ kind }: Correlation): boolean =>
  kind === 'temporal' || kind === 'temporal_ordered' || kind === 'value_count' || kind === 'first_seen';

/** Short enough that every window has an event of an inner rule if and only if it has one of those that it is told of. */
const sliceMsOf = (correlation: Correlation): number =>
  asksWhether(correlation) ? Math.max(1, Math.floor(correlation.timespanMs / 4)) : 0;

const innerOf = ({ inputs }: Correlation): Correlation[] =>
  inputs.filter((input): input is Correlation => !('matches' in input));
const isInnermost = (correlation: Correlation): boolean => innerOf(correlation).length === 0;
const within = (correlation: Correlation): Correlation[] => [correlation, ...innerOf(correlation).flatMap(within)];

/** The links to all rules above, the parent's first. */
function linksAbove({ correlation, rule, above }: Above, { numbers }: Planning) {
  const links: { link: PlannedLink; make: (groupSlots: readonly number[]) => TargetLink }[] = [];
  let inner = correlation;
  let positions = correlation.groupBy.map((_, i) => i);
  for (let outer = above; outer !== null; outer = outer.above) {
    const groupAt = outer.correlation.groupBy.map(({ groups }) => positions[groups.get(inner)!]);
    const brought = broughtByEpisodes(outer.correlation, inner);
    const valueAt = 'at' in brought ? brought.at.map((at) => positions[at]) : null;
    const value = 'value' in brought ? brought.value : 0;
    const link = { ...numbers.next(JSON.stringify([rule.key, outer.rule.key, rule.meaning])), rule: outer.rule };
    const make = (slots: readonly number[]): TargetLink => ({
      link,
      groupAt,
      groupSlots: groupAt.map((at) => slots[at]),
      value,
      valueAt,
      valueSlots: valueAt?.map((at) => slots[at]) ?? null,
    });
    links.push({ link, make });
    positions = groupAt;
    inner = outer.correlation;
  }
  return links;
}

/** All that a correlation's episodes hang on; of the root, whose episodes nobody counts, not its condition. */
function describe(
  planning: Planning,
  correlation: Correlation,
  specOf: (correlation: Correlation, above: Correlation | null) => WindowRule,
  above: Correlation | null,
): unknown {
  return {
    spec: above === null ? null : specOf(correlation, above),
    ...readBy(planning, correlation),
    events: correlation.detections.map(({ meaning }) => meaning),
    inner: innerOf(correlation).map((inner) => ({
      groups: correlation.groupBy.map(({ groups }) => groups.get(inner)),
      brings: broughtByEpisodes(correlation, inner),
      ...(describe(planning, inner, specOf, correlation) as object),
    })),
  };
}
