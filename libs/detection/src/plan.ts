import { eventTypes } from '#libs/events';
import type { Correlation, Detection, RuleInfo, RuleSet } from '#libs/sigma';
import { keptFor, type WindowRule } from '#libs/windows';
import { hash32 } from './hash.js';
import { type Brought, broughtBy, windowOf } from './plan-window.js';

/** Limits and allowances of detection, from the configuration. */
export interface DetectionLimits {
  latenessMs: number;
  /** Groups per rule, all partitions together. */
  groupsMax: number;
}

/** A rule as detection runs it: what it counts, by what, and until when. */
export interface PlannedRule {
  info: RuleInfo;
  /** The rule's number in this plan. */
  index: number;
  /** Several detections feed it from one type: an event may meet more than one of them. */
  isShared: boolean;
  /** Its name among all plans: the id, and of what else there is under that id. Groups are hashed with its hash. */
  key: string;
  seed: number;
  /** Names the rule, with this meaning, in `weir.matches`: hits of another meaning are not its own. */
  hash: number;
  timespan: string;
  condition: Readonly<Record<string, number>>;
  spec: WindowRule;
  groupBy: readonly string[];
  meaning: Meaning;
}

/** What a rule's windows hang on, part by part: where all parts are the same, it may take over another's windows. */
export interface Meaning {
  grouping: string;
  /** What is kept of events, and for how long. */
  measure: string;
  timespan: string;
  lateness: string;
  /** Which events are counted. */
  events: string;
}

/** Where the events of one detection go: which rule counts them, by which fields. */
export interface Target {
  rule: PlannedRule;
  groupSlots: readonly number[];
  brings: Brought;
  /** Hits since somebody last asked. */
  hits: number;
}

export interface PlannedDetection {
  detection: Detection;
  targets: readonly Target[];
}

/** Everything that detection needs to know of a set of rules. */
export interface DetectionPlan {
  /** Dotted paths of the fields that rules read, by slot; `source` and `id` are among them. */
  paths: readonly string[];
  sourceSlot: number;
  idSlot: number;
  byType: ReadonlyMap<string, readonly PlannedDetection[]>;
  byHash: ReadonlyMap<number, PlannedRule>;
}

/** A lone detection's alerts: all its hits of one actor that are less than a minute apart are one episode. */
const loneTimespanMs = 60_000;
const actorFields = ['client', 'actor', 'ip', 'sender', 'voter', 'contest', 'host', 'service'];

export function planRules(rules: RuleSet, limits: DetectionLimits): DetectionPlan {
  const targets = new Map<Detection, Target[]>(rules.detections.map((detection) => [detection, []]));
  const byHash = new Map<number, PlannedRule>();
  const register = (rule: PlannedRule) => {
    // Two rules with one 32-bit hash: the second is moved on, in the order of the rule files.
    while (byHash.has(rule.hash)) rule.hash = (rule.hash + 1) >>> 0;
    rule.index = byHash.size;
    byHash.set(rule.hash, rule);
    return rule;
  };
  for (const correlation of rules.correlations) {
    const rule = register(planCorrelation(correlation, rules, limits));
    for (const detection of correlation.detections) {
      targets.get(detection)?.push({
        rule,
        groupSlots: correlation.groupBy.map((field) => field.slots.get(detection)!),
        brings: broughtBy(correlation, detection),
        hits: 0,
      });
    }
  }
  for (const detection of rules.detections) {
    if (!detection.alerting) continue;
    for (const type of detection.types) {
      const field = actorFieldOf(type);
      const rule = register(planDetection(detection, type, field, limits));
      const groupSlots = [rules.fields.slot(`data.${field}`)];
      targets.get(detection)!.push({ rule, groupSlots, brings: { kind: 'nothing' }, hits: 0 });
    }
  }
  const byType = new Map<string, PlannedDetection[]>();
  for (const [detection, list] of targets) {
    if (list.length === 0) continue;
    for (const type of detection.types) byType.set(type, [...(byType.get(type) ?? []), { detection, targets: list }]);
  }
  for (const planned of byType.values()) {
    const fed = planned.flatMap(({ targets }) => targets.map(({ rule }) => rule));
    for (const rule of fed) rule.isShared ||= fed.indexOf(rule) !== fed.lastIndexOf(rule);
  }
  const sourceSlot = rules.fields.slot('source');
  const idSlot = rules.fields.slot('id');
  return { paths: [...rules.fields.paths], sourceSlot, idSlot, byType, byHash };
}

function planCorrelation(correlation: Correlation, { fields }: RuleSet, limits: DetectionLimits): PlannedRule {
  const { info, timespan, condition, groupBy, detections } = correlation;
  const spec = windowOf(correlation, limits.latenessMs);
  const pathsOf = (slots: readonly number[]) => slots.map((slot) => fields.paths[slot]);
  const grouping = detections.map((detection) => pathsOf(groupBy.map(({ slots }) => slots.get(detection)!)));
  const brought = detections.map((detection) => {
    const brings = broughtBy(correlation, detection);
    const slots = 'slots' in brings ? brings.slots : 'slot' in brings ? [brings.slot] : [];
    return { ...brings, slots: pathsOf(slots), slot: undefined };
  });
  return planned(
    { info, key: info.id, timespan, condition, spec, groupBy: groupBy.map(({ name }) => name) },
    { grouping, brought, events: detections.map(({ meaning }) => meaning) },
  );
}

function planDetection(detection: Detection, type: string, field: string, limits: DetectionLimits): PlannedRule {
  const { info, types, meaning } = detection;
  const spec = {
    kind: 'count' as const,
    timespanMs: loneTimespanMs,
    latenessMs: limits.latenessMs,
    quietMs: loneTimespanMs,
    threshold: 1,
  };
  const key = types.length === 1 ? info.id : `${info.id} ${type}`;
  return planned(
    { info, key, timespan: '60s', condition: { gte: 1 }, spec, groupBy: [field] },
    { grouping: [], brought: [], events: [meaning] },
  );
}

function planned(
  rule: Pick<PlannedRule, 'info' | 'key' | 'timespan' | 'condition' | 'spec' | 'groupBy'>,
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
  const hash = hash32(JSON.stringify([key, meaning]));
  return { ...rule, index: 0, isShared: false, seed: hash32(key), hash, meaning };
}

/** The field that says who is behind events of a type. */
function actorFieldOf(type: string): string {
  const schema = eventTypes.find((candidate) => candidate.name === type)?.schema as { properties?: object } | undefined;
  return actorFields.find((field) => Object.hasOwn(schema?.properties ?? {}, field)) ?? 'actor';
}
