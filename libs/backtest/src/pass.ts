import {
  type DetectionPlan,
  type EpisodeChange,
  Matcher,
  type MatcherOptions,
  type PlannedRule,
  WindowPartition,
} from '#libs/detection';
import { batchOfRecords, type LogRecord, type RecordBatch } from '#libs/log';
import { WindowStore } from '#libs/windows';

export interface PassOptions extends MatcherOptions {
  groupsMax: number;
}

/** An episode that changed, and the windows that know where its events came from. */
export interface PassChange extends EpisodeChange {
  windows: WindowPartition;
}

/** Live, marks of time are written about this often. */
const markEveryMs = 1000;

/** One pass of detection over events: both stages as they run live, with fresh state and nothing written. */
export class Pass {
  readonly matcher: Matcher;
  readonly windows: WindowPartition[];
  private markedMs = 0;

  constructor(
    private readonly plan: DetectionPlan,
    private readonly options: PassOptions,
  ) {
    this.matcher = new Matcher(plan, options);
    this.windows = Array.from({ length: options.partitions }, (_, partition) => this.fresh(partition));
  }

  /**
   * How long before an instant an event can matter to what windows say from there on: to theirs, to those of an episode
   * that goes on there, and to what these remember. Infinity: a series is learnt from its first value on.
   */
  get lookbackMs(): number {
    const lookbackOf = (rule: PlannedRule): number => {
      if (rule.spec.kind === 'measured' && rule.spec.measure.kind === 'anomaly') return Number.POSITIVE_INFINITY;
      const { keepMs, neededMs, spec } = new WindowStore(this.windows[0].specOf(rule));
      return keepMs + neededMs + spec.quietMs;
    };
    const sums = [...this.plan.byHash.values()].map((rule) =>
      (rule.place?.chain.rules ?? [rule]).reduce((sum, each) => sum + lookbackOf(each), 0),
    );
    return Math.max(0, ...sums);
  }

  /** Windows of a partition that have counted nothing. */
  fresh(partition: number): WindowPartition {
    return new WindowPartition(partition, this.plan, this.options);
  }

  /** Batches that together are all that was recorded up to some moment; records for `weir.matches` come out. */
  match(batches: readonly RecordBatch[]): { records: LogRecord[]; recordedAt: number } {
    const recordedAt = batches.reduce((latest, batch) => Math.max(latest, batch.recordedAt(batch.count - 1)), 0);
    return { records: this.matcher.match(batches, recordedAt).matches, recordedAt };
  }

  /** Time passes on the log, whatever comes: the marks of it that are due, if any. */
  passTime(nowMs: number): LogRecord[] {
    return nowMs - this.markedMs > markEveryMs ? this.mark(nowMs) : [];
  }

  mark(nowMs: number): LogRecord[] {
    this.markedMs = nowMs;
    return this.matcher.marks(nowMs);
  }

  /** Counts records of `weir.matches`, which `match`, `passTime` or `mark` gave. */
  count(records: readonly LogRecord[], recordedAt: number): PassChange[] {
    return records.flatMap(({ partition = 0, time, value }) => this.apply(partition, [{ time, value, recordedAt }]));
  }

  /** Ends everything: what is open comes closed, as of a rule that goes. */
  close(): PassChange[] {
    const none: DetectionPlan = { ...this.plan, byType: new Map(), byHash: new Map(), chains: new Map() };
    for (const windows of this.windows) windows.changePlan(none);
    return this.windows.flatMap((_, partition) => this.apply(partition, []));
  }

  /** Bytes that the windows hold. */
  get bytes(): number {
    const stores = this.windows.flatMap((windows) => [...windows.stores.values()]);
    return stores.reduce((sum, { bytes: { groups, events } }) => sum + groups + events, 0);
  }

  private apply(partition: number, records: { time: number; value: Uint8Array; recordedAt: number }[]): PassChange[] {
    const windows = this.windows[partition];
    const batch = batchOfRecords('', partition, windows.position, records);
    return windows.apply(batch).map((change) => ({ ...change, windows }));
  }
}
