import { eventTypes } from '#libs/events';
import type { Correlation, Detection, RuleInfo, RuleSet } from '#libs/sigma';
import type { WindowRule } from '#libs/windows';
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
  /** Names the rule in `weir.matches` and in snapshots. */
  hash: number;
  timespan: string;
  condition: Readonly<Record<string, number>>;
  spec: WindowRule;
  groupBy: readonly string[];
  /** What its state depends on: state kept under another fingerprint is not its own. */
  fingerprint: string;
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
    // Two ids with one 32-bit hash: the second is moved on, in the order of the rule files.
    while (byHash.has(rule.hash)) rule.hash = (rule.hash + 1) >>> 0;
    rule.index = byHash.size;
    byHash.set(rule.hash, rule);
    return rule;
  };
  for (const correlation of rules.correlations) {
    const rule = register(planCorrelation(correlation, limits));
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
      const rule = register(planDetection(detection, field, limits));
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

function planCorrelation(correlation: Correlation, limits: DetectionLimits): PlannedRule {
  const { info, timespan, condition, groupBy } = correlation;
  return planned(
    info,
    timespan,
    condition,
    groupBy.map((field) => field.name),
    windowOf(correlation, limits.latenessMs),
    correlation.detections.map((detection) => detection.info.text),
  );
}

function planDetection(detection: Detection, field: string, limits: DetectionLimits): PlannedRule {
  return planned(
    detection.info,
    '60s',
    { gte: 1 },
    [field],
    {
      kind: 'count',
      timespanMs: loneTimespanMs,
      latenessMs: limits.latenessMs,
      quietMs: loneTimespanMs,
      threshold: 1,
    },
    [],
  );
}

function planned(
  info: RuleInfo,
  timespan: string,
  condition: Readonly<Record<string, number>>,
  groupBy: string[],
  spec: PlannedRule['spec'],
  inputs: string[],
): PlannedRule {
  const fingerprint = String(hash32(JSON.stringify([info.text, spec, groupBy, inputs])));
  return { info, index: 0, isShared: false, hash: hash32(info.id), timespan, condition, groupBy, spec, fingerprint };
}

/** The field that says who is behind events of a type. */
function actorFieldOf(type: string): string {
  const schema = eventTypes.find((candidate) => candidate.name === type)?.schema as { properties?: object } | undefined;
  return actorFields.find((field) => Object.hasOwn(schema?.properties ?? {}, field)) ?? 'actor';
}
