import { hashGroup } from './group-hash.js';
import { Hash } from './hash.js';
import { LineView, textOf } from './line-view.js';
import type { DetectionPlan, PlannedRule } from './plan.js';

/**
 * What a group's fields held, read back from one of its events: hits carry a group as a hash only. Of a field that is
 * a list (recipients), the element that belongs to this group is found by the hash.
 */
export function groupValues(
  plan: DetectionPlan,
  rule: PlannedRule,
  groupLo: number,
  groupHi: number,
  topic: string,
  line: Buffer,
): Record<string, string> | null {
  const view = new LineView(plan.paths);
  if (!view.read(line, 0, line.length)) return null;
  const hash = new Hash();
  for (const { targets } of plan.byType.get(topic) ?? []) {
    for (const { rule: counting, links, groupSlots } of targets) {
      const link = links.at(-1);
      if (counting !== rule && link?.link.rule !== rule) continue;
      for (const all of combinations(groupSlots.map((slot) => textsAt(view, slot)))) {
        const texts = link === undefined ? all : link.groupAt.map((at) => all[at]);
        const { lo, hi } = hashGroup(hash, rule.seed, texts);
        if (lo === groupLo && hi === groupHi)
          return Object.fromEntries(rule.groupBy.map((name, i) => [name, texts[i]]));
      }
    }
  }
  return null;
}

/** The hash of a group, from what its fields held. */
export function groupHash(
  { seed, groupBy }: PlannedRule,
  group: Readonly<Record<string, unknown>>,
): { groupLo: number; groupHi: number } {
  const { lo, hi } = hashGroup(
    new Hash(),
    seed,
    groupBy.map((name) => String(group[name])),
  );
  return { groupLo: lo, groupHi: hi };
}

function textsAt(view: LineView, slot: number): string[] {
  const value = view.value(slot);
  return (Array.isArray(value) ? value : [value]).map((element) => textOf(element)).filter((text) => text !== null);
}

function combinations(lists: readonly string[][]): string[][] {
  return lists.reduce<string[][]>((all, list) => all.flatMap((head) => list.map((text) => [...head, text])), [[]]);
}
