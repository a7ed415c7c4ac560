import { groupsOf, isBySource } from './event-groups.js';
import { hashGroup, hashTexts } from './group-hash.js';
import { Hash } from './hash.js';
import { LineView } from './line-view.js';
import { type DetectionPlan, type PlannedRule, sourceField } from './plan.js';

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
      const groups = groupsOf(view, target, plan.sourceSlot, hash);
      // A rule of a chain is asked about by its outermost one's groups, which are part of its own.
      const [fields, seed] = link === undefined ? [groups.fields, groups.seed] : [rule.groupBy, rule.seed];
      for (const all of groups.first) {
        const texts = link === undefined ? all : link.groupAt.map((at) => all[at]);
        const { lo, hi } = hashTexts(hash, seed, texts);
        if (lo === groupLo && hi === groupHi) return Object.fromEntries(fields.map((name, i) => [name, texts[i].text]));
      }
    }
  }
  return null;
}

/** The hash of a group, from what its fields held. */
export function groupHash(
  rule: PlannedRule,
  group: Readonly<Record<string, unknown>>,
): { groupLo: number; groupHi: number } {
  const [fields, seed] = isBySource(rule, group) ? [[sourceField], rule.sourceSeed!] : [rule.groupBy, rule.seed];
  const { lo, hi } = hashGroup(
    new Hash(),
    seed,
    fields.map((name) => String(group[name])),
  );
  return { groupLo: lo, groupHi: hi };
}
