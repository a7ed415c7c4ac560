import {
  alertId,
  type DetectionPlan,
  decodeSnapshot,
  type EpisodeChange,
  encodeSnapshot,
  groupValues,
  Matcher,
  planRules,
  WindowPartition,
} from '#libs/detection';
import { batchOfRecords, type LogRecord, partitionOf, type RecordBatch } from '#libs/log';
import { compileRules, type RuleFile } from '#libs/sigma';

/** An event as ingest hands it to the log. */
export interface Input {
  type: { topic: string };
  key: string;
  timeMs: number;
  value: Buffer;
}

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

export interface DetectOptions {
  partitions: number;
  latenessMs?: number;
  /** Events per append: they share a recorded time. Default: all. */
  appendEvents?: number;
  /** The second stage starts again from a snapshot after so many appends. Default: never. */
  restoreAppends?: number;
  /** How long time goes on after the last event. Default: not at all. */
  silentMs?: number;
}

export function planOf(files: readonly RuleFile[], latenessMs = 60_000): DetectionPlan {
  const rules = compileRules(files);
  if (rules.problems.length > 0) throw new TypeError(JSON.stringify(rules.problems));
  return planRules(rules, { latenessMs, groupsMax: 1_000_000 });
}

/** Runs match and window over events, as the two stages do over a log, and returns how every alert ended up. */
export function detect(plan: DetectionPlan, inputs: readonly Input[], options: DetectOptions): FoundAlert[] {
  const { partitions, appendEvents = inputs.length } = options;
  const matcher = new Matcher(plan, { partitions, dedupeHorizonMs: 600_000, identitiesMax: 1 << 20 });
  const fresh = (partition: number) => new WindowPartition(partition, plan, { groupsMax: 1_000_000, partitions });
  const windows = Array.from({ length: partitions }, (_, partition) => fresh(partition));
  const stored = new Map<string, Input[]>();
  const latest = new Map<string, { change: EpisodeChange; windows: WindowPartition }>();
  const window = (records: readonly LogRecord[], recordedAt: number) => {
    for (const { partition = 0, time, value } of records) {
      const into = windows[partition];
      for (const change of into.apply(batchOfRecords('', partition, into.position, [{ time, value, recordedAt }]))) {
        const { rule, view } = change;
        latest.set(alertId(rule.info.id, view.groupLo, view.groupHi, view.anchor), { change, windows: into });
      }
    }
  };
  const startedAt = 1_800_000_000_000;
  for (let at = 0; at < inputs.length; at += appendEvents) {
    const recordedAt = startedAt + at;
    const batches = append(stored, inputs.slice(at, at + appendEvents), partitions, recordedAt);
    window(matcher.match(batches, recordedAt).matches, recordedAt);
    if (options.restoreAppends === undefined || (at / appendEvents) % options.restoreAppends > 0) continue;
    for (const [p, before] of windows.entries()) {
      windows[p] = fresh(p);
      if (!decodeSnapshot(Buffer.concat(encodeSnapshot(before)), windows[p], plan, [])) throw new TypeError('Damaged');
    }
  }
  const until = startedAt + inputs.length + (options.silentMs ?? 0);
  if (options.silentMs !== undefined) window(matcher.marks(until), until);
  return [...latest]
    .filter(([, { change }]) => change.view.state !== 'merged')
    .map(([id, { change, windows }]) => found(id, plan, change, windows, stored));
}

function append(
  stored: Map<string, Input[]>,
  inputs: readonly Input[],
  partitions: number,
  recordedAt: number,
): RecordBatch[] {
  const fresh = new Map<string, Input[]>();
  for (const input of inputs) {
    const place = `${input.type.topic}/${partitionOf(Buffer.from(input.key), partitions)}`;
    fresh.set(place, [...(fresh.get(place) ?? []), input]);
  }
  return [...fresh].sort().map(([place, events]) => {
    const before = stored.get(place) ?? [];
    stored.set(place, [...before, ...events]);
    const [topic, partition] = place.split('/');
    const records = events.map(({ timeMs, value }) => ({ time: timeMs, value, recordedAt }));
    return batchOfRecords(topic, Number(partition), before.length, records);
  });
}

function found(
  id: string,
  plan: DetectionPlan,
  { rule, view }: EpisodeChange,
  windows: WindowPartition,
  stored: ReadonlyMap<string, Input[]>,
): FoundAlert {
  const { topic, partition, offset } = windows.origin(view.evidence[0].origin);
  const line = stored.get(`${topic}/${partition}`)![offset].value;
  const { openedAt, firstSeen, lastSeen, value, peak, expected, events } = view;
  const group = groupValues(plan, rule, view.groupLo, view.groupHi, topic, line);
  if (group === null) throw new TypeError(`The first event of alert ${id} does not give its group.`);
  return { id, rule: rule.info.name, group, openedAt, firstSeen, lastSeen, value, peak, expected, events };
}
