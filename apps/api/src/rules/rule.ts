import Type, { type Static } from 'typebox';
import {
  type Correlation,
  correlationKinds,
  type Detection,
  detectionsWithin,
  type RuleInfo,
  type RuleProblem,
  type RuleSet,
} from '#libs/sigma';
import type { LiveRules } from './live-rules.js';
import { states } from './rule-version.js';

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
  alerting: Type.Boolean({ description: 'False for one that only correlations use, or that is disabled' }),
  group: Type.Array(Type.String(), { description: 'Fields that an alert is grouped by' }),
  timespan: Nullable(Type.String()),
  condition: Nullable(Type.Record(Type.String(), Type.Number())),
  tags: Type.Array(Type.String()),
  file: Type.String(),
  state: Type.Enum([...states]),
  source: Type.Enum(['file', 'database']),
  actor: Nullable(Type.String({ description: 'Who changed it last: the id of a key, or `file`' })),
  changedAt: Nullable(Type.String({ format: 'date-time' })),
  windows: Nullable(
    Type.Object(
      { kind: Type.Enum(['added', 'removed', 'kept', 'reset']), reason: Type.String() },
      { description: 'What became of what it had counted when it changed last, since this process started' },
    ),
  ),
});
export type Rule = Static<typeof Rule>;

const { state, source, actor, changedAt, windows, ...compiled } = Rule.properties;
export const CompiledRule = Type.Object(compiled);

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

type Compiled = Omit<Rule, 'state' | 'source' | 'actor' | 'changedAt' | 'windows'>;

/** Correlations first, each kind by name: what alerts stands above what it is made of. */
export function ruleList(live: LiveRules): Rule[] {
  return compiledList(live.rules).map((rule) => ({ ...rule, ...standing(live, rule.id) }));
}

/** What texts that are only checked compile to. */
export function compiledList(rules: RuleSet): Compiled[] {
  const byName = (a: Compiled, b: Compiled) => a.name.localeCompare(b.name, 'en');
  return [
    ...rules.correlations.map(correlationWire).toSorted(byName),
    ...rules.detections.map(detectionWire).toSorted(byName),
  ];
}

/** By id or name. */
export function ruleDetail(live: LiveRules, idOrName: string): RuleDetail | null {
  const { rules } = live;
  const wanted = ({ info }: { info: RuleInfo }) => info.id === idOrName || info.name === idOrName;
  const correlation = rules.correlations.find(wanted);
  const detection = rules.detections.find(wanted);
  const found = correlation ?? detection;
  if (!found) return null;
  const wire = correlation ? correlationWire(correlation) : detectionWire(detection!);
  return {
    ...wire,
    ...standing(live, wire.id),
    ...more(found.info, correlation ? detectionsWithin(correlation) : [detection!]),
    detections: correlation?.inputs.map(({ info }) => info.name) ?? [],
  };
}

function standing({ stored, changes }: LiveRules, id: string) {
  const row = stored.get(id);
  const change = changes.get(id);
  return {
    state: row?.state ?? ('enabled' as const),
    source: row?.source ?? ('file' as const),
    actor: row?.actor ?? null,
    changedAt: row ? new Date(row.at).toISOString() : null,
    windows: change ? { kind: change.kind, reason: change.reason } : null,
  };
}

export function problemList(problems: readonly RuleProblem[]): RuleProblem[] {
  return problems.map(({ file, line, column, rule, reason, hint }) => ({ file, line, column, rule, reason, hint }));
}

function correlationWire({ info, kind, alerting, groupBy, timespan, condition }: Correlation): Compiled {
  const group = groupBy.map(({ name }) => name);
  return { ...head(info), type: kind, alerting, group, timespan, condition: { ...condition } };
}

function detectionWire({ info, alerting }: Detection): Compiled {
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
    text,
  };
}
