import { eventTypes } from '#libs/events';
import type { Correlation, Detection, RuleInfo, RuleSet } from '#libs/sigma';
import type { WindowRule } from '#libs/windows';
import { hash32 } from './hash.js';
import { type ChainPlace, type PlannedChain, planChain, type TargetLink } from './plan-chain.js';
import { type Brought, windowOf } from './plan-window.js';
import { countDetections, Numbers, type Planning, planned, readBy } from './planning.js';

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
  /** Of a lone detection: what the source is hashed with, by which events are grouped that do not say who acted. */
  sourceSeed: number | null;
  /** Names the rule, with this meaning, in `weir.matches`: hits of another meaning are not its own. */
  hash: number;
  timespan: string;
  condition: Readonly<Record<string, number>>;
  spec: WindowRule;
  groupBy: readonly string[];
  meaning: Meaning;
  /** Where it counts episodes of other rules, or they count its own; else null. */
  place: ChainPlace | null;
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
  /** The one type of event that goes there; null: all that the detection looks at. */
  type: string | null;
  groupSlots: readonly number[];
  brings: Brought;
  /** In a chain: the groups that the rule's group is part of, its parent's first. */
  links: readonly TargetLink[];
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
  /** By the hashes of all rules and links of a chain. */
  chains: ReadonlyMap<number, PlannedChain>;
}

/** A lone detection's alerts: all its hits of one actor that are less than a minute apart are one episode. */
const loneTimespanMs = 60_000;
/**
 * What a lone detection's alert is about where its events do not say who acted (a `log` without `host`): rules call the
 * event's source so, which no event lacks. A detection that matches alerts in any case.
 */
export const sourceField = '$source';
/** Where events have a field of a lone detection's group. */
export const pathInGroup = (field: string): string => (field === sourceField ? 'source' : `data.${field}`);
const actorFields = ['client', 'actor', 'ip', 'sender', 'voter', 'contest', 'host', 'service'];

export function planRules(rules: RuleSet, limits: DetectionLimits): DetectionPlan {
  const targets = new Map<Detection, Target[]>(rules.detections.map((detection) => [detection, []]));
  const planning: Planning = { rules, limits, numbers: new Numbers(), targets, byHash: new Map(), chains: new Map() };
  const { byHash, chains } = planning;
  for (const correlation of rules.correlations) {
    if (!correlation.alerting) continue;
    if (correlation.detections.length < correlation.inputs.length) planChain(planning, correlation);
    else planCorrelation(planning, correlation);
  }
  for (const detection of rules.detections) {
    if (!detection.alerting) continue;
    for (const type of detection.types) planDetection(planning, detection, type);
  }
  const byType = new Map<string, PlannedDetection[]>();
  for (const [detection, list] of targets) {
    for (const type of detection.types) {
      const targets = list.filter((target) => target.type === null || target.type === type);
      if (targets.length > 0) byType.set(type, [...(byType.get(type) ?? []), { detection, targets }]);
    }
  }
  for (const planned of byType.values()) {
    const fed = planned.flatMap(({ targets }) => targets.map(({ rule }) => rule));
    for (const rule of fed) rule.isShared ||= fed.indexOf(rule) !== fed.lastIndexOf(rule);
  }
  const sourceSlot = rules.fields.slot('source');
  const idSlot = rules.fields.slot('id');
  return { paths: [...rules.fields.paths], sourceSlot, idSlot, byType, byHash, chains };
}

function planCorrelation(planning: Planning, correlation: Correlation): void {
  const { info, timespan, condition, detections } = correlation;
  const spec = windowOf(correlation, planning.limits.latenessMs);
  const rule = planned(
    planning,
    { info, key: info.id, timespan, condition, spec, groupBy: correlation.groupBy.map(({ name }) => name) },
    { ...readBy(planning, correlation), events: detections.map(({ meaning }) => meaning) },
  );
  countDetections(planning, rule, correlation, []);
}

function planDetection(planning: Planning, detection: Detection, type: string): void {
  const { info, types, meaning } = detection;
  const spec = {
    kind: 'count' as const,
    timespanMs: loneTimespanMs,
    latenessMs: planning.limits.latenessMs,
    quietMs: loneTimespanMs,
    threshold: 1,
  };
  const key = types.length === 1 ? info.id : `${info.id} ${type}`;
  const field = actorFieldOf(type);
  const rule = planned(
    planning,
    {
      ...{ info, key, timespan: '60s', condition: { gte: 1 }, spec, groupBy: [field] },
      sourceSeed: hash32(`${key} ${sourceField}`),
    },
    { grouping: [], brought: [], events: [meaning] },
  );
  const groupSlots = [planning.rules.fields.slot(pathInGroup(field))];
  planning.targets.get(detection)!.push({ rule, type, groupSlots, brings: { kind: 'nothing' }, links: [], hits: 0 });
}

/** The field that says who is behind events of a type. */
function actorFieldOf(type: string): string {
  const schema = eventTypes.find((candidate) => candidate.name === type)?.schema as { properties?: object } | undefined;
  return actorFields.find((field) => Object.hasOwn(schema?.properties ?? {}, field)) ?? 'actor';
}
