import type { RecordBatch } from '#libs/log';
import { type EpisodeView, type WindowSpec, WindowStore } from '#libs/windows';
import { decodeMatches, type MatchBatch, originSpan, sourcesMax } from './match-batch.js';
import type { DetectionPlan, PlannedRule } from './plan.js';

export interface WindowLimits {
  /** Groups per rule, all partitions together. */
  groupsMax: number;
  partitions: number;
}

/** Events kept for one group at most: beyond it a window is no longer exact, which is counted. */
const eventsPerGroupMax = 1 << 22;

/** An episode that changed, as of a record of `weir.matches`. */
export interface EpisodeChange {
  rule: PlannedRule;
  view: EpisodeView;
  position: { partition: number; offset: number };
}

export interface Origin {
  topic: string;
  partition: number;
  offset: number;
}

export interface WindowPartitionCounters {
  entries: number;
  /** Hits that had been applied before: written twice by a crash or a second writer. */
  repeated: number;
  /** Hits of rules that are no longer there. */
  orphaned: number;
  /** Records that are not match batches of this version. */
  unreadable: number;
}

/** One partition of `weir.matches`: all windows of the groups that live in it. Deterministic, and knows no log. */
export class WindowPartition {
  /** The first offset not yet applied. */
  position = 0;
  readonly stores = new Map<PlannedRule, WindowStore>();
  readonly sources: (readonly [topic: string, partition: number])[] = [];
  /** Per source: the highest offset applied. What comes again at or below it is dropped. */
  readonly applied: number[] = [];
  readonly counters: WindowPartitionCounters = { entries: 0, repeated: 0, orphaned: 0, unreadable: 0 };

  constructor(
    readonly partition: number,
    private readonly plan: DetectionPlan,
    private readonly limits: WindowLimits,
  ) {}

  /** Applies records in offset order; returns the episodes that they changed. */
  apply(batch: RecordBatch): EpisodeChange[] {
    let markMs = 0;
    let recordedMs = 0;
    for (let i = 0; i < batch.count; i++) {
      recordedMs = batch.recordedAt(i);
      const matches = decodeMatches(batch.value(i));
      if (matches === null) {
        this.counters.unreadable++;
        continue;
      }
      if (matches.count === 0) markMs = Math.max(markMs, matches.markMs);
      else this.applyMatches(matches, recordedMs);
    }
    this.position = batch.nextOffset;
    return this.changes(markMs, recordedMs);
  }

  applyMatches(batch: MatchBatch, recordedMs: number): void {
    const { count, times, origins, values, rules, groupLo, groupHi } = batch;
    const sources = batch.sources.map((source) => this.sourceIndex(source));
    // Hits of one event are all in one record, so "applied before this record" is what decides.
    const appliedBefore = sources.map((source) => this.applied[source]);
    let rule = 0;
    let store: WindowStore | null = null;
    for (let i = 0; i < count; i++) {
      const offset = origins[i] % originSpan;
      const from = (origins[i] - offset) / originSpan;
      if (offset <= appliedBefore[from]) {
        this.counters.repeated++;
        continue;
      }
      const source = sources[from];
      if (offset > this.applied[source]) this.applied[source] = offset;
      if (store === null || rules[i] !== rule) {
        rule = rules[i];
        store = this.storeOf(rule, batch.markMs, recordedMs);
        if (store === null) {
          this.counters.orphaned++;
          continue;
        }
      }
      this.counters.entries++;
      store.add(groupLo[i], groupHi[i], times[i], source * originSpan + offset, values[i]);
    }
  }

  /** What changed since the last call; `markMs` > 0 lets time pass. */
  changes(markMs: number, recordedMs: number): EpisodeChange[] {
    const position = { partition: this.partition, offset: this.position - 1 };
    const changes: EpisodeChange[] = [];
    for (const [rule, store] of this.stores) {
      for (const view of store.settle()) changes.push({ rule, view, position });
      if (markMs === 0) continue;
      for (const view of store.advance(markMs, recordedMs)) changes.push({ rule, view, position });
    }
    return changes;
  }

  origin(packed: number): Origin {
    const offset = packed % originSpan;
    const [topic, partition] = this.sources[(packed - offset) / originSpan];
    return { topic, partition, offset };
  }

  specOf(rule: PlannedRule): WindowSpec {
    const groupsMax = Math.ceil(this.limits.groupsMax / this.limits.partitions);
    return { ...rule.spec, groupsMax, eventsPerGroupMax };
  }

  private storeOf(hash: number, markMs: number, recordedMs: number): WindowStore | null {
    const rule = this.plan.byHash.get(hash);
    if (rule === undefined) return null;
    let store = this.stores.get(rule);
    if (store === undefined) {
      store = new WindowStore(this.specOf(rule));
      this.stores.set(rule, store);
    }
    store.clock(markMs, recordedMs);
    return store;
  }

  private sourceIndex(source: readonly [topic: string, partition: number]): number {
    const known = this.sources.findIndex(([topic, partition]) => topic === source[0] && partition === source[1]);
    if (known >= 0) return known;
    if (this.sources.length === sourcesMax) {
      throw new RangeError(`More than ${sourcesMax} activity partitions feed one window partition.`);
    }
    this.applied.push(-1);
    return this.sources.push(source) - 1;
  }
}
