import type { DetectionPlan, PlannedRule } from '#libs/detection';
import type { Log, LogRecord, RecordBatch } from '#libs/log';
import { WindowStore } from '#libs/windows';
import { AlertGroup } from './alert-group.js';
import { CountedEvents } from './counted-events.js';
import type { EvidenceState } from './evidence.js';
import { Pass, type PassChange, type PassOptions } from './pass.js';
import { type Cursor, openCursors, recordedRange, type Skipped } from './recorded-range.js';
import { figuresOf, idOf } from './run-scenario.js';
import type { ScenarioAlert } from './scenario-shape.js';

/** What an alert says of itself; instants are RFC 3339 with milliseconds. */
export type Figures = Omit<ScenarioAlert, 'rule' | 'group'>;

/** An alert as it was raised. */
export interface AlertToReplay extends Omit<Figures, 'expected'> {
  id: string;
  rule: { id: string; name: string; version: number };
  group: Readonly<Record<string, unknown>>;
  state: string;
  closedAt: string | null;
  expected: number | null;
}

export interface ReplayOptions extends PassOptions {
  /** Now, ms: how long the log has been silent since its last record. */
  nowMs: number;
  /** Only what was recorded from then on counts, ms. Default: all. */
  countFromMs?: number;
  /** Read from the log's first record on, however far back that is. */
  whole?: boolean;
  /** Events of the group to hand out at most. Default: none. */
  linesMax?: number;
  /** Nobody waits for it any more: it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What came of running an alert's rule over the log again. */
export interface Replayed {
  /** Null: the rule did not alert about the group then. */
  found: Figures | null;
  same: boolean;
  /** Another identity, and all else the same: late events came at other moments. */
  sameId: boolean;
  /** What has become of the events that the alert names. */
  evidence: readonly EvidenceState[];
  /** Events that the rule counted for the group, and of them those that came too late for their windows. */
  counted: number;
  late: number;
  /** Of the alert's evidence, what is in the log and was not counted: sent twice, or no longer matched. */
  notCounted: { repeated: number; unmatched: number };
  skipped: readonly Skipped[];
  /** When what was read was recorded, first and last; null: nothing. */
  range: { fromMs: number; untilMs: number; events: number } | null;
  /** The log began later than the rule looks back. */
  isClipped: boolean;
  /** The group's events as the log has them, in the order of recording; no more than `linesMax`. */
  lines: readonly string[];
}

/**
 * Runs a rule over what the log holds around an alert, with the code that runs live, and says whether the same comes
 * out. `plan`: the rule, as it was, and what it counts.
 *
 * Read is everything from as long before the alert as an event can matter to its windows, up to the newest of its
 * evidence; where that does not give the alert as it is, on to where nothing can change it any more.
 */
export async function replay(
  log: Log,
  plan: DetectionPlan,
  alert: AlertToReplay,
  evidence: readonly EvidenceState[],
  options: ReplayOptions,
): Promise<Replayed> {
  return new Replay(log, plan, alert, evidence, options).run();
}

const compared = ['openedAt', 'firstSeen', 'lastSeen', 'value', 'peak', 'events'] as const;

class Replay {
  private readonly pass: Pass;
  private readonly group: AlertGroup;
  private readonly counted: CountedEvents;
  /** The group's alerts by id. */
  private readonly latest = new Map<string, PassChange>();
  private readonly skipped: Skipped[] = [];
  /** The alert's, and of a chain all that it hangs on. */
  private readonly rules: readonly PlannedRule[];
  /** How long after its newest event a group may still matter; what inner rules need of theirs adds to it. */
  private readonly neededMs: number;
  /** A group that the log heard nothing of for longer begins anew. */
  private readonly forgetMs: number;
  private recordedMs = 0;
  private range: Replayed['range'] = null;

  constructor(
    private readonly log: Log,
    private readonly plan: DetectionPlan,
    private readonly alert: AlertToReplay,
    private readonly evidence: readonly EvidenceState[],
    private readonly options: ReplayOptions,
  ) {
    this.pass = new Pass(plan, options);
    this.group = new AlertGroup(plan, alert, options);
    this.counted = new CountedEvents(plan, this.group, evidence, options.linesMax ?? 0);
    this.rules = rulesOf(plan, alert);
    const stores = this.rules.map((rule) => new WindowStore(this.pass.windows[0].specOf(rule)));
    this.neededMs = stores.reduce((sum, { neededMs }) => sum + neededMs, 0);
    this.forgetMs = stores.reduce((sum, { forgetMs }) => sum + forgetMs, 0);
  }

  async run(): Promise<Replayed> {
    const matching = new Set(this.evidence.filter((state) => this.group.learn(state)));
    const recorded = this.evidence.flatMap(({ recordedMs }) => recordedMs ?? []);
    let isClipped = false;
    // Of an alert of which nothing is left, or is matched, nothing can come again.
    if (recorded.length > 0 && matching.size > 0) {
      const cursors = await openCursors(this.log, { fromMs: this.fromMs, topics: this.topics });
      isClipped = await this.isClipped(cursors);
      await this.readAll(cursors, Math.max(...recorded));
    }
    return this.outcome(isClipped, matching);
  }

  private async readAll(cursors: readonly Cursor[], newestMs: number): Promise<void> {
    const { countFromMs = 0, nowMs } = this.options;
    if (countFromMs > 0) await this.read(cursors, Math.min(countFromMs - 1, newestMs), false);
    // Up to the newest event that the alert knows of, and then to all that was recorded in the same moment.
    const ends = cursors.map((cursor) => this.evidenceEnd(cursor));
    await this.read(ends, newestMs, true);
    for (const [i, cursor] of cursors.entries()) cursor.offset = Math.max(cursor.offset, ends[i].offset);
    if (!this.isSame()) await this.read(cursors, newestMs, true);
    const isEnough = () => this.isSame() || this.isSettled() || this.isLetGo(newestMs);
    if (!isEnough()) await this.read(cursors, Infinity, true, isEnough);
    if (!isEnough()) this.apply(this.pass.mark(nowMs), nowMs);
  }

  /** A cursor that ends where the evidence does; of a partition that has none, as it is. */
  private evidenceEnd(cursor: Cursor): Cursor {
    const offsets = this.evidence
      .filter(({ topic, partition }) => topic === cursor.topic && partition === cursor.partition)
      .map(({ offset }) => offset + 1);
    return { ...cursor, end: Math.min(cursor.end, Math.max(...(offsets.length > 0 ? offsets : [cursor.end]))) };
  }

  private outcome(isClipped: boolean, matching: ReadonlySet<EvidenceState>): Replayed {
    const { evidence, skipped, range, counted } = this;
    const ours = this.ours();
    const repeated = counted.notCounted.filter((state) => matching.has(state)).length;
    return {
      found: ours && figuresOf(ours.view),
      same: this.isSame(),
      sameId: ours !== null && idOf(ours) === this.alert.id,
      evidence,
      counted: counted.count,
      late: counted.late,
      notCounted: { repeated, unmatched: counted.notCounted.length - repeated },
      skipped,
      range,
      isClipped,
      lines: counted.lines,
    };
  }

  /** From as long before the first event that the alert knows of as one can matter, or be what a later one repeats. */
  private get fromMs(): number | undefined {
    // A series is learnt from its first value on.
    const isEndless = this.rules.some(({ spec }) => spec.kind === 'measured' && spec.measure.kind === 'anomaly');
    if (this.options.whole || isEndless) return undefined;
    const times = [this.alert.firstSeen, ...this.evidence.map(({ time }) => time)];
    return Math.min(...times.map(Date.parse)) - this.neededMs - this.options.dedupeHorizonMs;
  }

  /** Others only move time on, and that matters to who waits for silence. */
  private get topics(): ReadonlySet<string> | undefined {
    const waits = this.rules.some(({ spec }) => spec.kind === 'absence');
    return waits ? undefined : new Set(this.plan.byType.keys());
  }

  private async isClipped(cursors: readonly Cursor[]): Promise<boolean> {
    for (const { topic, partition, offset } of cursors) {
      if (offset === 0 || !this.plan.byType.has(topic)) continue;
      const { partitions } = await this.log.describe(topic);
      if (partitions.find((description) => description.partition === partition)?.earliest === offset) return true;
    }
    return false;
  }

  private async read(
    cursors: readonly Cursor[],
    untilMs: number,
    counts: boolean,
    isEnough: () => boolean = () => false,
  ): Promise<void> {
    const skipped = (gap: Skipped) => this.skipped.push(gap);
    for await (const batches of recordedRange(this.log, cursors, { untilMs, skipped })) {
      this.options.signal?.throwIfAborted();
      const firstMs = Math.min(...batches.map((batch) => batch.recordedAt(0)));
      this.apply(this.pass.passTime(firstMs), firstMs);
      const { records, recordedAt } = this.pass.match(batches);
      this.noteRange(batches, firstMs, recordedAt);
      this.recordedMs = recordedAt;
      if (!counts) continue;
      this.counted.note(records, batches);
      this.apply(records, recordedAt);
      this.apply(this.pass.passTime(recordedAt), recordedAt);
      if (isEnough()) return;
    }
  }

  private apply(records: readonly LogRecord[], recordedAt: number): void {
    const ours = records.filter(({ partition = 0 }) => this.group.partitions.has(partition));
    for (const change of this.pass.count(ours, recordedAt)) {
      if (this.group.isOf(change)) this.latest.set(idOf(change), change);
    }
  }

  private noteRange(batches: readonly RecordBatch[], firstMs: number, untilMs: number): void {
    const events = batches.reduce((sum, { count }) => sum + count, this.range?.events ?? 0);
    this.range = { fromMs: this.range?.fromMs ?? firstMs, untilMs, events };
  }

  /** The alert itself, or else one of the group at that time. */
  private ours(): PassChange | null {
    const all = [...this.latest.values()].filter(({ view }) => view.state !== 'merged');
    const [first, last] = [Date.parse(this.alert.firstSeen), Date.parse(this.alert.lastSeen)];
    const isThen = ({ view }: PassChange) => view.openedAt <= last && view.lastSeen >= first;
    return all.find((change) => idOf(change) === this.alert.id) ?? all.find(isThen) ?? null;
  }

  private isSame(): boolean {
    const ours = this.ours();
    if (ours === null) return false;
    const found = figuresOf(ours.view);
    const isEqual = compared.every((field) => found[field] === this.alert[field]);
    return isEqual && (found.expected ?? null) === this.alert.expected;
  }

  /** The alert is over, and further events would be too late for it. */
  private isSettled(): boolean {
    const closedAt = this.ours()?.view.closedAt ?? null;
    if (closedAt === null || this.alert.closedAt === null) return false;
    const reachMs = this.rules.reduce((sum, { spec }) => sum + spec.timespanMs + spec.latenessMs, 0);
    return this.counted.newestMs > Math.max(closedAt, Date.parse(this.alert.closedAt)) + reachMs;
  }

  /** The group was silent for so long that no window could need it: it is a new one when it comes back. */
  private isLetGo(newestMs: number): boolean {
    const over = Date.parse(this.alert.closedAt ?? this.alert.lastSeen) + this.neededMs;
    return this.recordedMs - newestMs > this.forgetMs && this.pass.matcher.markTime(this.recordedMs) > over;
  }
}

/** A lone detection has a rule for each of its types: each counts by itself. */
function rulesOf(plan: DetectionPlan, { rule: { id } }: AlertToReplay): PlannedRule[] {
  const alerting = [...plan.byHash.values()].filter(({ info, place }) => info.id === id && !place?.parent);
  return alerting.flatMap((rule) => rule.place?.chain.rules ?? [rule]);
}
