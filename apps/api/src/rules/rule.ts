import Type, { type Static } from 'typebox';
import {
  type Correlation,
  correlationKinds,
  type Detection,
  type RuleInfo,
  type RuleProblem,
  type RuleSet,
} from '#libs/sigma';

const Nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const Problem = Type.Object({
  file: Type.String(),
  line: Type.Integer(),
  column: Type.Integer(),
  rule: Nullable(Type.String()),
  reason: Type.String(),
  hint: Type.String({ description: 'What to do' }),
});

export const Rule = Type.Object({
  id: Type.String(),
  name: Type.String(),
  title: Type.String(),
  version: Type.Integer(),
  severity: Type.Enum(['informational', 'low', 'medium', 'high', 'critical']),
  type: Type.Enum(['detection', ...correlationKinds]),
  alerting: Type.Boolean({ description: 'False for a detection that only correlations use' }),
  group: Type.Array(Type.String(), { description: 'Fields that an alert is grouped by' }),
  timespan: Nullable(Type.String()),
  condition: Nullable(Type.Record(Type.String(), Type.Number())),
  tags: Type.Array(Type.String()),
  file: Type.String(),
});
export type Rule = Static<typeof Rule>;

export const RuleDetail = Type.Object({
  ...Rule.properties,
  description: Type.String(),
  falsepositives: Type.Array(Type.String()),
  owner: Nullable(Type.String()),
  runbook: Nullable(Type.String()),
  eventTypes: Type.Array(Type.String()),
  detections: Type.Array(Type.String(), { description: 'Names of the rules that a correlation counts' }),
  text: Type.String({ description: 'The YAML document' }),
});
export type RuleDetail = Static<typeof RuleDetail>;

/** Correlations first, each kind by name: what alerts stands above what it is made of. */
export function ruleList(rules: RuleSet): Rule[] {
  const byName = (a: Rule, b: Rule) => a.name.localeCompare(b.name, 'en');
  return [
    ...rules.correlations.map(correlationWire).toSorted(byName),
    ...rules.detections.map(detectionWire).toSorted(byName),
  ];
}

/** By id or name. */
export function ruleDetail(rules: RuleSet, idOrName: string): RuleDetail | null {
  const wanted = ({ info }: { info: RuleInfo }) => info.id === idOrName || info.name === idOrName;
  const correlation = rules.correlations.find(wanted);
  if (correlation) return { ...correlationWire(correlation), ...more(correlation.info, correlation.detections) };
  const detection = rules.detections.find(wanted);
  return detection ? { ...detectionWire(detection), ...more(detection.info, [detection]), detections: [] } : null;
}

export function problemList(problems: readonly RuleProblem[]): RuleProblem[] {
  return problems.map(({ file, line, column, rule, reason, hint }) => ({ file, line, column, rule, reason, hint }));
}

function correlationWire({ info, kind, groupBy, timespan, condition }: Correlation): Rule {
  const group = groupBy.map(({ name }) => name);
  return { ...head(info), type: kind, alerting: true, group, timespan, condition: { ...condition } };
}

function detectionWire({ info, alerting }: Detection): Rule {
  return { ...head(info), type: 'detection', alerting, group: [], timespan: null, condition: null };
}

function head({ id, name, title, version, severity, tags, file }: RuleInfo) {
  return { id, name, title, version, severity, tags: [...tags], file };
}

function more({ description, falsepositives, owner, runbook, text }: RuleInfo, detections: readonly Detection[]) {
  return {
    description,
    falsepositives: [...falsepositives],
    owner,
    runbook,
    eventTypes: [...new Set(detections.flatMap(({ types }) => types))],
    detections: detections.map(({ info }) => info.name),
    text,
  };
}
