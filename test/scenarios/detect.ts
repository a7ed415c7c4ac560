import { appended, type Input, Pass, type PassChange } from '#libs/backtest';
import { alertId, type DetectionPlan, decodeSnapshot, encodeSnapshot, groupValues, planRules } from '#libs/detection';
import type { LogRecord } from '#libs/log';
import { compileRules, type RuleFile } from '#libs/sigma';

export type { Input } from '#libs/backtest';

export interface FoundAlert {
  id: string;
  rule: string;
  group: Record<string, string>;
  openedAt: number;
  firstSeen: number;
  lastSeen: number;
  value: number;
  peak: number;
  expected: number | null;
  events: number;
}

export interface ProvenAlert extends FoundAlert {
  /** The events that prove it, as they were put in. */
  evidence: Input[];
}

export interface DetectOptions {
  partitions: number;
  latenessMs?: number;
  /** Events per append: they share a recorded time. Default: all. */
  appendEvents?: number;
  /** The second stage starts again from a snapshot after so many appends. Default: never. */
  restoreAppends?: number;
  /** A mark of time is written after so many appends. Default: none before the end. */
  markAppends?: number;
  /** How long time goes on after the last event. Default: not at all. */
  silentMs?: number;
}

export function planOf(files: readonly RuleFile[], latenessMs = 60_000): DetectionPlan {
  const rules = compileRules(files);
  if (rules.problems.length > 0) throw new TypeError(JSON.stringify(rules.problems));
  return planRules(rules, { latenessMs, groupsMax: 1_000_000 });
}

/** Runs match and window over events, as the two stages do over a log, and returns how every alert ended up. */
export const detect = (plan: DetectionPlan, inputs: readonly Input[], options: DetectOptions): FoundAlert[] =>
  detectProven(plan, inputs, options).map(({ evidence, ...alert }) => alert);

export function detectProven(plan: DetectionPlan, inputs: readonly Input[], options: DetectOptions): ProvenAlert[] {
  const { partitions, appendEvents = inputs.length } = options;
  const limits = { partitions, dedupeHorizonMs: 600_000, identitiesMax: 1 << 20, groupsMax: 1_000_000 };
  const pass = new Pass(plan, limits);
  const stored = new Map<string, Input[]>();
  const latest = new Map<string, PassChange>();
  const count = (records: readonly LogRecord[], recordedAt: number) => {
    for (const change of pass.count(records, recordedAt)) {
      const { rule, view } = change;
      latest.set(alertId(rule.info.id, view.groupLo, view.groupHi, view.anchor), change);
    }
  };
  const startedAt = 1_800_000_000_000;
  for (let at = 0; at < inputs.length; at += appendEvents) {
    const recordedAt = startedAt + at;
    count(
      pass.match(appended(stored, inputs.slice(at, at + appendEvents), partitions, recordedAt)).records,
      recordedAt,
    );
    if (options.markAppends !== undefined && (at / appendEvents) % options.markAppends === 0) {
      count(pass.mark(recordedAt), recordedAt);
    }
    if (options.restoreAppends === undefined || (at / appendEvents) % options.restoreAppends > 0) continue;
    for (const [p, before] of pass.windows.entries()) {
      pass.windows[p] = pass.fresh(p);
      const snapshot = Buffer.concat(encodeSnapshot(before));
      if (!decodeSnapshot(snapshot, pass.windows[p], plan, [])) throw new TypeError('Damaged');
    }
  }
  const until = startedAt + inputs.length + (options.silentMs ?? 0);
  if (options.silentMs !== undefined) count(pass.mark(until), until);
  return [...latest].filter(([, { view }]) => view.state !== 'merged').map(([id, change]) => found(id, change, stored));
}

function found(
  id: string,
  { plan, rule, view, windows }: PassChange,
  stored: ReadonlyMap<string, Input[]>,
): ProvenAlert {
  const evidence = view.evidence.map(({ origin }) => {
    const { topic, partition, offset } = windows.origin(origin);
    return stored.get(`${topic}/${partition}`)![offset];
  });
  const [{ type, value: line }] = evidence;
  const { openedAt, firstSeen, lastSeen, value, peak, expected, events } = view;
  const group = groupValues(plan, rule, view.groupLo, view.groupHi, type.topic, line);
  if (group === null) throw new TypeError(`The first event of alert ${id} does not give its group.`);
  return { id, rule: rule.info.name, group, openedAt, firstSeen, lastSeen, value, peak, expected, events, evidence };
}
