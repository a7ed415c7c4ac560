import { type DeadLetter, eventTypeOf } from '#libs/events';
import type { LogRecord, RecordBatch } from '#libs/log';
import { Dispatch } from './dispatch/dispatch.js';
import { lowestOf } from './dispatch/number-set.js';
import { Hash } from './hash.js';
import { HitMaker } from './hit-maker.js';
import { HitSpread } from './hit-spread.js';
import { IdentitySet } from './identity-set.js';
import { LineView } from './line-view.js';
import { encodeMatches, originSpan, type Reading, type Source } from './match-batch.js';
import type { DetectionPlan, PlannedDetection } from './plan.js';
import { RuleCosts } from './rule-costs.js';

export interface MatcherOptions {
  /** Partitions of `weir.matches`. */
  partitions: number;
  dedupeHorizonMs: number;
  /** Identities remembered per partition at most. */
  identitiesMax: number;
}

export interface MatcherCounters {
  events: number;
  duplicates: number;
  unreadable: number;
}

export interface Matched {
  /** Records for `weir.matches`, each to its partition. */
  matches: LogRecord[];
  deadLetters: DeadLetter[];
}

/**
 * Activity in, hits out: drops duplicates, evaluates the rules, spreads the hits over the partitions of
 * `weir.matches` by rule and group. What it remembers (identities within the horizon) can be read again from the log.
 */
export class Matcher {
  readonly counters: MatcherCounters = { events: 0, duplicates: 0, unreadable: 0 };
  private view: LineView;
  private readonly identities = new Map<string, IdentitySet>();
  readonly hits: HitSpread;
  readonly costs = new RuleCosts();
  private maker: HitMaker;
  private dispatch = new Map<string, Dispatch>();
  private readonly hash = new Hash();
  private newestMs = 0;
  private recordedMs = 0;
  /** What was recorded up to this moment, in what this process reads, is matched; 0: not known since it reads it. */
  private readUntilMs = 0;
  private owned: readonly Source[] = [];
  private others: readonly Source[] | null = null;

  constructor(
    private plan: DetectionPlan,
    private readonly options: MatcherOptions,
  ) {
    this.view = new LineView(plan.paths);
    this.hits = new HitSpread(options.partitions);
    this.maker = new HitMaker(this.view, this.hits, plan.sourceSlot);
    this.dispatch = dispatchOf(plan);
  }

  /** Batches of different partitions, together all that was recorded up to some moment (libs/stream merges them so). */
  match(batches: readonly RecordBatch[], receivedAt: number): Matched {
    const deadLetters: DeadLetter[] = [];
    const read = this.others === null ? batches.map(sourceOf) : this.owned;
    for (const batch of batches) {
      const source = read.findIndex(([topic, partition]) => topic === batch.topic && partition === batch.partition);
      this.matchBatch(batch, source * originSpan, (i, reason) => {
        this.counters.unreadable++;
        deadLetters.push(deadLetterOf(batch, i, reason, receivedAt));
      });
      this.readUntilMs = Math.max(this.readUntilMs, batch.recordedAt(batch.count - 1));
    }
    const head = { markMs: this.newestMs, readUntilMs: this.readUntilMs, reading: this.reading(read) };
    const matches = this.hits.take(head);
    return { matches, deadLetters };
  }

  /**
   * From the next batch on other rules are evaluated; identities and time stay. Hits that nobody has taken yet
   * (`takeHits`) are forgotten. Change the plan of windows first: they drop hits of rules that they do not know.
   */
  changePlan(plan: DetectionPlan): void {
    this.plan = plan;
    this.view = new LineView(plan.paths);
    this.maker = new HitMaker(this.view, this.hits, plan.sourceSlot);
    this.dispatch = dispatchOf(plan);
    this.hits.changePlan();
  }

  /** From now on this process reads `owned`, and others read the rest; null: it is alone and reads whatever there is. */
  share(owned: readonly Source[], others: readonly Source[] | null): void {
    this.owned = owned;
    this.others = others;
    this.readUntilMs = 0;
  }

  /** Nothing waits that was recorded up to this moment. */
  caughtUp(recordedMs: number): void {
    this.readUntilMs = Math.max(this.readUntilMs, recordedMs);
  }

  /** Records that tell every partition what time it is; none before the first event. */
  marks(nowMs: number): LogRecord[] {
    const markMs = this.markTime(nowMs);
    if (markMs === 0 && this.others === null) return [];
    return this.toAll(markMs, { markMs, reading: this.reading(this.others === null ? [] : this.owned) });
  }

  /** Records that tell every partition how far this process has read, and nothing of the time. `asks`: see `Reading`. */
  tells(asks: boolean): LogRecord[] {
    return this.toAll(this.newestMs, { markMs: 0, reading: this.reading(this.owned, asks) });
  }

  private toAll(time: number, head: { markMs: number; reading: string }): LogRecord[] {
    const value = encodeMatches({ ...head, readUntilMs: this.readUntilMs }, []);
    return Array.from({ length: this.options.partitions }, (_, partition) => ({ partition, time, value }));
  }

  /** Event time now: the newest seen, moved on by as long as nothing was recorded. 0: nothing seen yet. */
  markTime(nowMs: number): number {
    return this.newestMs === 0 ? 0 : this.newestMs + Math.max(0, nowMs - this.recordedMs);
  }

  /** How long nothing was recorded. */
  idleMs(nowMs: number): number {
    return nowMs - this.recordedMs;
  }

  /** What lets another process go on from here: kept beside the partition's position. */
  progress(topic: string, partition: number): MatchProgress {
    const oldest = this.identities.get(`${topic}/${partition}`)?.rememberFrom ?? null;
    const { newestMs, recordedMs } = this;
    return { rememberFrom: oldest, newestMs, recordedMs, spread: this.options.partitions };
  }

  /** Takes over from `progress`; the records from `rememberFrom` on, up to the position, go to `remember`. */
  resume(topic: string, partition: number, progress: MatchProgress): void {
    this.identities.delete(`${topic}/${partition}`);
    this.newestMs = Math.max(this.newestMs, progress.newestMs);
    this.recordedMs = Math.max(this.recordedMs, progress.recordedMs);
  }

  /** Learns the identities of records that were matched before. */
  remember(batch: RecordBatch, until: number): void {
    const identities = this.identitiesOf(batch);
    const { valueStart, valueEnd } = batch.columns;
    for (let i = 0; i < batch.count && batch.offset(i) < until; i++) {
      if (!this.view.read(batch.bytes, valueStart[i], valueEnd[i]) || !this.hashIdentity()) continue;
      identities.add(this.hash.lo, this.hash.hi, batch.recordedAt(i), batch.offset(i));
    }
  }

  /** The partitions went to somebody else. */
  forget(topic: string, partition: number): void {
    this.identities.delete(`${topic}/${partition}`);
  }

  /** Matching events by rule name, since the last call. */
  takeHits(): Map<string, number> {
    const hits = new Map<string, number>();
    for (const planned of this.plan.byType.values()) {
      for (const target of planned.flatMap(({ targets }) => targets)) {
        if (target.hits === 0) continue;
        hits.set(target.rule.info.name, (hits.get(target.rule.info.name) ?? 0) + target.hits);
        target.hits = 0;
      }
    }
    return hits;
  }

  /** Identities that the limit pushed out before the horizon did. */
  get identitiesEvicted(): number {
    return [...this.identities.values()].reduce((sum, set) => sum + set.evicted, 0);
  }

  private matchBatch(batch: RecordBatch, originBase: number, unreadable: (i: number, reason: string) => void): void {
    const { view, hash } = this;
    const detections = this.plan.byType.get(batch.topic) ?? [];
    const dispatch = this.dispatch.get(batch.topic);
    const identities = this.identitiesOf(batch);
    const { bytes, columns } = batch;
    const { valueStart, valueEnd, times, recordedAt, offsets } = columns;
    for (let i = 0; i < batch.count; i++) {
      if (!view.read(bytes, valueStart[i], valueEnd[i])) {
        unreadable(i, 'The record is not a JSON object');
        continue;
      }
      try {
        if (!this.hashIdentity()) {
          unreadable(i, 'The record is not a CloudEvent: it lacks a source or an id');
          continue;
        }
        if (!identities.add(hash.lo, hash.hi, recordedAt[i], offsets[i])) {
          this.counters.events++;
          this.counters.duplicates++;
          continue;
        }
        if (dispatch !== undefined)
          this.evaluate(detections, dispatch, times[i], recordedAt[i], originBase + offsets[i]);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        // The scan trusts a line that looks like JSON; a field of this one is none.
        this.hits.discard(originBase + offsets[i]);
        unreadable(i, 'The record is not JSON');
        continue;
      }
      this.counters.events++;
      // An event cannot have been seen before it happened: a sender's clock that runs ahead does not move time.
      const seenMs = Math.min(times[i], recordedAt[i]);
      if (seenMs > this.newestMs) this.newestMs = seenMs;
      if (recordedAt[i] > this.recordedMs) this.recordedMs = recordedAt[i];
    }
  }

  private reading(read: readonly Source[], asks = false): string {
    return JSON.stringify({ read, others: this.others, ...(asks && { asks }) } satisfies Reading);
  }

  private evaluate(
    detections: readonly PlannedDetection[],
    dispatch: Dispatch,
    time: number,
    recordedAt: number,
    origin: number,
  ): void {
    const isSampled = this.costs.isDue();
    const words = isSampled
      ? this.costs.measureDispatch(() => dispatch.candidates(this.view))
      : dispatch.candidates(this.view);
    for (let w = 0; w < words.length; w++) {
      for (let word = words[w]; word !== 0; word &= word - 1) {
        const planned = detections[w * 32 + lowestOf(word)];
        if (isSampled) this.costs.measure(planned, () => this.evaluateOne(planned, time, recordedAt, origin));
        else this.evaluateOne(planned, time, recordedAt, origin);
      }
    }
  }

  private evaluateOne(
    { detection, targets }: PlannedDetection,
    time: number,
    recordedAt: number,
    origin: number,
  ): void {
    if (!detection.matches(this.view)) return;
    for (let t = 0; t < targets.length; t++) {
      targets[t].hits++;
      this.maker.hit(targets[t], time, recordedAt, origin);
    }
  }

  private hashIdentity(): boolean {
    const { view, hash, plan } = this;
    hash.reset(1);
    if (!view.mixHash(plan.sourceSlot, hash) || !view.mixHash(plan.idSlot, hash)) return false;
    hash.finish();
    return true;
  }

  private identitiesOf({ topic, partition }: RecordBatch): IdentitySet {
    const key = `${topic}/${partition}`;
    let set = this.identities.get(key);
    if (set === undefined) {
      set = new IdentitySet(this.options.dedupeHorizonMs, this.options.identitiesMax);
      this.identities.set(key, set);
    }
    return set;
  }
}

const dispatchOf = ({ byType }: DetectionPlan): Map<string, Dispatch> =>
  new Map([...byType].map(([type, planned]) => [type, new Dispatch(planned.map(({ detection }) => detection.need))]));

const sourceOf = ({ topic, partition }: RecordBatch): Source => [topic, partition];

/** What is kept beside a position: where the remembered identities begin, and what time it was. */
export interface MatchProgress {
  rememberFrom: number | null;
  newestMs: number;
  recordedMs: number;
  /** Partitions of `weir.matches` that groups are spread over: every matcher must spread them alike. */
  spread?: number;
}

function deadLetterOf(batch: RecordBatch, i: number, reason: string, receivedAt: number): DeadLetter {
  const type = eventTypeOf(batch.topic);
  return {
    reason: `${reason}; records of ${batch.topic} are ${type ? `CloudEvents of type ${type.name}` : 'events'}.`,
    code: 'RECORD_UNREADABLE',
    origin: { topic: batch.topic, partition: batch.partition, offset: batch.offset(i) },
    receivedAt: new Date(receivedAt).toISOString(),
    bytes: batch.value(i).toString('base64'),
  };
}
