import { groupsOf } from './event-groups.js';
import { hashGroup, hashTexts } from './group-hash.js';
import { Hash } from './hash.js';
import { LineView } from './line-view.js';
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
    for (const target of targets) {
      const link = target.links.at(-1);
      if (target.rule !== rule && link?.link.rule !== rule) continue;
      const groups = groupsOf(view, target, hash);
      for (const all of groups.first) {
        const texts = link === undefined ? all : link.groupAt.map((at) => all[at]);
        const { lo, hi } = hashTexts(hash, rule.seed, texts);
        if (lo === groupLo && hi === groupHi)
          return Object.fromEntries(rule.groupBy.map((name, i) => [name, texts[i].text]));
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
