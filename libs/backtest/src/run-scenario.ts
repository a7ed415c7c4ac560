import { alertId, type DetectionPlan, groupValues } from '#libs/detection';
import { batchOfRecords, partitionOf, type RecordBatch } from '#libs/log';
import { Pass, type PassChange, type PassOptions } from './pass.js';
import type { Input } from './scenario.js';
import type { ScenarioAlert } from './scenario-shape.js';

/** An alert that came out: as `alerts.json` has it, and which one. */
export interface FoundAlert extends ScenarioAlert {
  id: string;
  ruleId: string;
}

export const scenarioOptions: Omit<PassOptions, 'partitions'> = {
  groupsMax: 1_000_000,
  dedupeHorizonMs: 600_000,
  identitiesMax: 1 << 20,
};

/** When a scenario is recorded: after whatever it holds, so that no event dates itself later. */
const recordedMs = Date.UTC(2100, 0, 1);
/** How long time goes on after the last event; longer where an alert waits for longer silence. */
const silentMs = 3_600_000;

/** Runs rules over the events of a scenario, with the code that runs live; alerts come in the order of their opening. */
export function runScenario(plan: DetectionPlan, inputs: readonly Input[], partitions = 1): FoundAlert[] {
  const pass = new Pass(plan, { ...scenarioOptions, partitions });
  const stored = new Map<string, Input[]>();
  const latest = new Map<string, PassChange>();
  const count = (records: Parameters<Pass['count']>[0], at: number) => {
    for (const change of pass.count(records, at)) latest.set(idOf(change), change);
  };
  let at = recordedMs;
  for (const run of runsOf(inputs)) count(pass.match(appended(stored, run, partitions, at)).records, at++);
  const until = at + Math.max(silentMs, ...[...plan.byHash.values()].map(silenceOf));
  count(pass.mark(until), until);
  return [...latest]
    .filter(([, { view }]) => view.state !== 'merged')
    .map(([id, change]) => found(id, change, stored))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Events of one type that follow each other are recorded together: between types the order of the lines counts. */
function runsOf(inputs: readonly Input[]): Input[][] {
  const runs: Input[][] = [];
  for (const input of inputs) {
    const run = runs.at(-1);
    if (run?.[0].type.topic === input.type.topic) run.push(input);
    else runs.push([input]);
  }
  return runs;
}

/** The batches that a log would have after these inputs; `stored` is what it had, and has then. */
export function appended(
  stored: Map<string, Input[]>,
  inputs: readonly Input[],
  partitions: number,
  recordedAt: number,
): RecordBatch[] {
  const places = Map.groupBy(inputs, ({ type, key }) => `${type.topic}/${partitionOf(Buffer.from(key), partitions)}`);
  return [...places]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([place, events]) => {
      const before = stored.get(place) ?? [];
      stored.set(place, [...before, ...events]);
      const [topic, partition] = place.split('/');
      const records = events.map(({ timeMs, value }) => ({ time: timeMs, value, recordedAt }));
      return batchOfRecords(topic, Number(partition), before.length, records);
    });
}

/** The alert as the newest change of it says. */
export function found(
  id: string,
  { plan, rule, view, windows }: PassChange,
  stored: ReadonlyMap<string, Input[]>,
): FoundAlert {
  const { topic, partition, offset } = windows.origin(view.evidence[0].origin);
  const line = stored.get(`${topic}/${partition}`)![offset].value;
  return {
    id,
    ruleId: rule.info.id,
    rule: rule.info.name,
    group: groupValues(plan, rule, view.groupLo, view.groupHi, topic, line) ?? {},
    ...figuresOf(view),
  };
}

/** What an alert says, beside whose it is. */
export function figuresOf(view: PassChange['view']): Omit<ScenarioAlert, 'rule' | 'group'> {
  const iso = (ms: number) => new Date(ms).toISOString();
  const { openedAt, firstSeen, lastSeen, value, peak, expected, events } = view;
  const times = { openedAt: iso(openedAt), firstSeen: iso(firstSeen), lastSeen: iso(lastSeen) };
  return { ...times, value, peak, ...(expected === null ? {} : { expected }), events };
}

export const idOf = ({ rule, view }: Pick<PassChange, 'rule' | 'view'>): string =>
  alertId(rule.info.id, view.groupLo, view.groupHi, view.anchor);

/** As it says on a line of `alerts.json`. */
export function withoutIds({ id, ruleId, ...alert }: FoundAlert): ScenarioAlert {
  return alert;
}

const silenceOf = ({ spec }: { spec: { kind: string; timespanMs: number; latenessMs: number } }): number =>
  spec.kind === 'absence' ? spec.timespanMs + spec.latenessMs + 60_000 : 0;

const keyOf = ({ openedAt, rule, group }: ScenarioAlert) => JSON.stringify([openedAt, rule, group]);
