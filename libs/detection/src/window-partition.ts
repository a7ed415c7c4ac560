import type { RecordBatch } from '#libs/log';
import { type EpisodeView, type WindowSpec, WindowStore } from '#libs/windows';
import { ChainWindows } from './chain-windows.js';
import {
  decodeMatches,
  type MatchBatch,
  originSpan,
  partsMax,
  type Reading,
  type RuleHits,
  type Source,
  sourcesMax,
} from './match-batch.js';
import type { DetectionPlan, PlannedRule } from './plan.js';
import { isInner, type PlannedChain } from './plan-chain.js';
import { added, changeOf, closed, type RuleChange, takeOver } from './plan-change.js';
import { type Readers, WriterMerge } from './writer-merge.js';

export interface WindowLimits {
  /** Groups per rule, all partitions together. */
  groupsMax: number;
  partitions: number;
}

/** Events kept for one group at most: beyond it a window is no longer exact, which is counted. */
const eventsPerGroupMax = 1 << 22;

/** Different readings remembered at most; a writer has one until partitions change hands. */
const readingsMax = 1_000;

/** An episode that changed, as of a record of `weir.matches`. */
export interface EpisodeChange {
  /** The plan that the rule is of. */
  plan: DetectionPlan;
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
  private readonly chains = new Map<PlannedChain, ChainWindows>();
  readonly sources: Source[] = [];
  /**
   * Per source: the highest offset applied. What comes again at or below it is dropped. A little less than an offset:
   * of the event there, which comes in parts, as many are still to come.
   */
  readonly applied: number[] = [];
  readonly merge = new WriterMerge();
  /** Somebody waits for other writers to say how far they have read; whoever answers takes it back. */
  isAsked = false;
  private readonly readers = new Map<string, Readers>();
  /** Alerts of rules that went, closed; told with the next record. */
  private departing: Omit<EpisodeChange, 'position'>[] = [];
  readonly counters: WindowPartitionCounters = { entries: 0, repeated: 0, orphaned: 0, unreadable: 0 };

  constructor(
    readonly partition: number,
    private plan: DetectionPlan,
    private readonly limits: WindowLimits,
  ) {}

  /**
   * Applies records in offset order, those that it has not applied yet; returns the episodes that they changed. Late
   * events take their place and time passes record by record: after a crash the log is read in other batches, and which
   * identity an alert gets must not hang on what was read at once.
   */
  apply(batch: RecordBatch): EpisodeChange[] {
    for (let i = 0; i < batch.count; i++) {
      if (batch.offset(i) < this.position) continue;
      const matches = decodeMatches(batch.value(i));
      if (matches === null) this.counters.unreadable++;
      else this.applyMatches(matches);
    }
    this.position = Math.max(this.position, batch.nextOffset);
    const position = { partition: this.partition, offset: this.position - 1 };
    const changes = this.departing.splice(0).map((change) => ({ ...change, position }));
    const { plan } = this;
    for (const [rule, store] of this.stores) {
      for (const view of store.takeChanged()) changes.push({ plan, rule, view, position });
    }
    return changes;
  }

  /**
   * From the next record on other rules count. A rule of the same key goes on with its windows where grouping, measure,
   * timespan and events are the same, be its condition another; other windows are let go, and their open alerts come
   * closed from the next `apply`. Returns what became of every rule that is not just as it was, in words. Hits of rules
   * that a plan does not have are dropped: change the plan of windows first and that of matchers after.
   */
  changePlan(plan: DetectionPlan): RuleChange[] {
    const before = this.plan;
    this.plan = plan;
    this.chains.clear();
    const changes: RuleChange[] = [];
    const after = new Map([...plan.byHash.values()].map((rule) => [rule.key, rule]));
    for (const rule of before.byHash.values()) {
      const next = after.get(rule.key);
      after.delete(rule.key);
      const change = changeOf(rule, next);
      if (change !== null && !isInner(rule)) changes.push(change);
      const store = this.stores.get(rule);
      if (store === undefined) continue;
      this.stores.delete(rule);
      if (next !== undefined && change?.kind !== 'reset') {
        this.stores.set(next, takeOver(store, rule.spec, this.specOf(next)));
      } else if (!isInner(rule)) this.departing.push(...closed(store).map((view) => ({ plan: before, rule, view })));
    }
    return [...changes, ...[...after.values()].filter((rule) => !isInner(rule)).map(added)];
  }

  /** Closed alerts of rules that went wait to be told: no time for a snapshot. */
  get isDeparting(): boolean {
    return this.departing.length > 0;
  }

  private applyMatches({ markMs, readUntilMs, reading, partsLeft, hits }: MatchBatch): void {
    const readers = this.readersOf(reading);
    // Hits of one event are all in one record, or in parts alone, so "applied before this record" is what decides.
    const appliedBefore = readers.read.map((source) => this.applied[source]);
    for (const ruleHits of hits) this.keepNew(ruleHits, readers.read, appliedBefore, partsLeft / partsMax);
    if (readers.others === null && this.merge.isEmpty) {
      this.count(hits);
      if (hits.length === 0) this.advance(markMs, readUntilMs);
      return;
    }
    this.isAsked ||= readers.asks;
    this.merge.learn(readers, readUntilMs);
    this.merge.hold(hits);
    if (hits.length === 0 && readUntilMs > 0) this.merge.marks.push({ markMs, readUntilMs });
    const ready = this.merge.release();
    this.count(ready.hits);
    if (ready.markMs > 0) this.advance(ready.markMs, ready.readUntilMs);
  }

  private count(hits: readonly RuleHits[]): void {
    const chained = new Map<PlannedChain, RuleHits[]>();
    for (const ruleHits of hits) {
      const chain = this.plan.chains.get(ruleHits.rule);
      if (chain !== undefined) {
        chained.set(chain, [...(chained.get(chain) ?? []), ruleHits]);
        continue;
      }
      const rule = this.plan.byHash.get(ruleHits.rule);
      if (rule === undefined) {
        this.counters.orphaned += ruleHits.count;
        continue;
      }
      this.counters.entries += ruleHits.count;
      const store = this.storeOf(rule);
      store.add(ruleHits);
      store.settle();
    }
    for (const [chain, of] of chained) this.counters.entries += this.chainOf(chain).add(of);
  }

  private advance(markMs: number, readUntilMs: number): void {
    for (const [rule, store] of this.stores) if (rule.place === null) store.advance(markMs, readUntilMs);
    for (const chain of new Set(this.plan.chains.values())) {
      if (this.stores.has(chain.root)) this.chainOf(chain).advance(markMs, readUntilMs);
    }
  }

  private chainOf(chain: PlannedChain): ChainWindows {
    let windows = this.chains.get(chain);
    if (windows === undefined) {
      windows = new ChainWindows(chain, (rule) => this.storeOf(rule));
      this.chains.set(chain, windows);
    }
    return windows;
  }

  /** Drops what was seen before, in place, and makes origins of the record's sources ours. */
  private keepNew(hits: RuleHits, read: readonly number[], appliedBefore: readonly number[], toCome: number): void {
    const { times, origins, values, recordedAt, groupLo, groupHi } = hits;
    let kept = 0;
    for (let i = 0; i < hits.count; i++) {
      const from = Math.floor(origins[i] / originSpan);
      const offset = origins[i] - from * originSpan;
      const reached = offset - toCome;
      if (reached <= appliedBefore[from]) continue;
      const source = read[from];
      if (reached > this.applied[source]) this.applied[source] = reached;
      times[kept] = times[i];
      origins[kept] = source * originSpan + offset;
      values[kept] = values[i];
      recordedAt[kept] = recordedAt[i];
      groupLo[kept] = groupLo[i];
      groupHi[kept] = groupHi[i];
      kept++;
    }
    this.counters.repeated += hits.count - kept;
    hits.count = kept;
  }

  /** Writers say the same of themselves in record after record. */
  private readersOf(reading: string): Readers {
    const known = this.readers.get(reading);
    if (known !== undefined) return known;
    const { read, others, asks = false } = JSON.parse(reading) as Reading;
    const indexed = (sources: readonly Source[]) => sources.map((source) => this.sourceIndex(source));
    const readers = { read: indexed(read), others: others && indexed(others), asks };
    if (this.readers.size >= readingsMax) this.readers.clear();
    this.readers.set(reading, readers);
    return readers;
  }

  origin(packed: number): Origin {
    const source = Math.floor(packed / originSpan);
    const [topic, partition] = this.sources[source];
    return { topic, partition, offset: packed - source * originSpan };
  }

  specOf(rule: PlannedRule): WindowSpec {
    const groupsMax = Math.ceil(this.limits.groupsMax / this.limits.partitions);
    return { ...rule.spec, groupsMax, eventsPerGroupMax };
  }

  private storeOf(rule: PlannedRule): WindowStore {
    let store = this.stores.get(rule);
    if (store === undefined) {
      store = new WindowStore(this.specOf(rule));
      this.stores.set(rule, store);
    }
    return store;
  }

  private sourceIndex(source: Source): number {
    const known = this.sources.findIndex(([topic, partition]) => topic === source[0] && partition === source[1]);
    if (known >= 0) return known;
    if (this.sources.length === sourcesMax) {
      throw new RangeError(`More than ${sourcesMax} activity partitions feed one window partition.`);
    }
    this.applied.push(-1);
    return this.sources.push(source) - 1;
  }
}
