import { type DetectionPlan, type EpisodeChange, groupValues, type Origin } from '#libs/detection';
import type { Log, LogRecord } from '#libs/log';
import { Pass, type PassOptions } from './pass.js';
import { openCursors, recordedRange } from './recorded-range.js';
import { idOf } from './run-scenario.js';

/** An alert as the log says it should be. Instants are event times, RFC 3339 with milliseconds. */
export interface RecountedAlert {
  rule: { id: string };
  group: Record<string, string>;
  state: 'open' | 'closed' | 'merged';
  firstSeen: string;
  openedAt: string;
  lastSeen: string;
  peak: number;
  events: number;
}

export interface RecountOptions extends PassOptions {
  /** Now, ms: how long the log has been silent since its last record. */
  nowMs: number;
}

/** An episode as last seen, and its first event: the group's values are read from that one at the end. */
interface Counted {
  change: EpisodeChange;
  first: Origin;
}

/**
 * Runs detection over everything the log still holds, with the code that runs live and fresh state, and yields the
 * alerts that come out. Writes nothing.
 */
export async function* recount(log: Log, plan: DetectionPlan, options: RecountOptions): AsyncGenerator<RecountedAlert> {
  const pass = new Pass(plan, options);
  const counted = new Map<string, Counted>();
  const count = (records: readonly LogRecord[], recordedAt: number) => {
    for (const { windows, ...change } of pass.count(records, recordedAt)) {
      counted.set(idOf(change), { change, first: windows.origin(change.view.evidence[0].origin) });
    }
  };
  for await (const batches of recordedRange(log, await openCursors(log))) {
    const firstMs = Math.min(...batches.map((batch) => batch.recordedAt(0)));
    count(pass.passTime(firstMs), firstMs);
    const { records, recordedAt } = pass.match(batches);
    count(records, recordedAt);
    count(pass.passTime(recordedAt), recordedAt);
  }
  count(pass.mark(options.nowMs), options.nowMs);
  for (const { change, first } of counted.values()) yield await recounted(log, plan, change, first);
}

async function recounted(
  log: Log,
  plan: DetectionPlan,
  { rule, view }: EpisodeChange,
  first: Origin,
): Promise<RecountedAlert> {
  const batch = await log.read(first.topic, first.partition, first.offset, { recordsMax: 1 });
  return {
    rule: { id: rule.info.id },
    group: groupValues(plan, rule, view.groupLo, view.groupHi, first.topic, batch.value(0)) ?? {},
    state: view.state,
    firstSeen: new Date(view.firstSeen).toISOString(),
    openedAt: new Date(view.openedAt).toISOString(),
    lastSeen: new Date(view.lastSeen).toISOString(),
    peak: view.peak,
    events: view.events,
  };
}
