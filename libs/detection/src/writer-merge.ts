import { HitBuffer } from './hit-buffer.js';
import type { RuleHits } from './match-batch.js';

/** Hits that wait for other writers at most; beyond it the oldest wait no longer, which is counted. */
const heldHitsMax = 1 << 20;
/** Hits wait in buckets of so much recorded time, and leave a bucket at a time. */
const bucketMs = 100;

/** Who reads what, by source number. `others` null: the writer is alone. */
export interface Readers {
  read: readonly number[];
  others: readonly number[] | null;
  /** The writer waits for what the others say. */
  asks: boolean;
}

/** A time mark, and the moment of recording that it is of. */
interface Mark {
  markMs: number;
  readUntilMs: number;
}

/** What has become ready: every hit recorded up to some moment that was not handed out before. */
export interface Ready {
  hits: RuleHits[];
  /** What time it is after them, as time marks say; 0: they don't. */
  markMs: number;
  /** The moment of recording that this is of. */
  readUntilMs: number;
}

/**
 * Several processes match different partitions, at different paces, and write to the same partition of `weir.matches`.
 * This puts their hits back into the order in which the log recorded the events, as one process would have written
 * them: a hit waits until every process has read up to the moment at which its event was recorded. So what is late is
 * judged the same with one process and with many. While a writer is alone nothing waits.
 */
export class WriterMerge {
  /** Per source: what was recorded up to this moment is matched. */
  readonly readUntil: number[] = [];
  /** By the number of the bucket, and by rule. */
  private readonly buckets = new Map<number, Map<number, HitBuffer>>();
  marks: Mark[] = [];
  heldCount = 0;
  /** Hits that the limit let go before their turn. */
  hurried = 0;
  private listed: readonly number[] = [];
  private aloneUntilMs: number | null = null;

  get isEmpty(): boolean {
    return this.heldCount === 0 && this.marks.length === 0;
  }

  /** What a record says of who has read how far. */
  learn({ read, others }: Readers, readUntilMs: number): void {
    this.aloneUntilMs = others === null ? readUntilMs : null;
    if (others === null) return;
    this.listed = [...read, ...others];
    for (const source of read) this.readUntil[source] = Math.max(this.readUntil[source] ?? 0, readUntilMs);
  }

  hold(hits: readonly RuleHits[]): void {
    for (const { rule, count, groupLo, groupHi, times, recordedAt, origins, values } of hits) {
      for (let i = 0; i < count; i++) {
        const buffer = this.bufferOf(Math.floor(recordedAt[i] / bucketMs), rule);
        buffer.push(groupLo[i], groupHi[i], times[i], recordedAt[i], origins[i], values[i]);
      }
      this.heldCount += count;
    }
  }

  /** Hands out what nobody can still come before. */
  release(): Ready {
    const frontierMs = this.frontierMs;
    const ready: Ready = { hits: [], markMs: 0, readUntilMs: 0 };
    for (const number of [...this.buckets.keys()].sort((a, b) => a - b)) {
      const isDue = (number + 1) * bucketMs <= frontierMs;
      if (!isDue && this.heldCount <= heldHitsMax) break;
      for (const buffer of this.buckets.get(number)!.values()) {
        ready.hits.push(buffer.sorted());
        this.heldCount -= buffer.count;
        if (!isDue) this.hurried += buffer.count;
      }
      this.buckets.delete(number);
    }
    const waiting: Mark[] = [];
    for (const mark of this.marks) {
      if (mark.readUntilMs > frontierMs) waiting.push(mark);
      else {
        ready.markMs = Math.max(ready.markMs, mark.markMs);
        ready.readUntilMs = Math.max(ready.readUntilMs, mark.readUntilMs);
      }
    }
    this.marks = waiting;
    return ready;
  }

  /** The moments of recording, to a bucket, between which all hits lie that wait; null: none waits. */
  get heldSpan(): { fromMs: number; untilMs: number } | null {
    if (this.heldCount === 0) return null;
    const numbers = [...this.buckets.keys()];
    return { fromMs: Math.min(...numbers) * bucketMs, untilMs: (Math.max(...numbers) + 1) * bucketMs };
  }

  /** All hits that wait, for a snapshot. */
  get held(): HitBuffer[] {
    return [...this.buckets.values()].flatMap((byRule) => [...byRule.values()]);
  }

  private bufferOf(bucket: number, rule: number): HitBuffer {
    let byRule = this.buckets.get(bucket);
    if (byRule === undefined) this.buckets.set(bucket, (byRule = new Map()));
    let buffer = byRule.get(rule);
    if (buffer === undefined) byRule.set(rule, (buffer = new HitBuffer(rule)));
    return buffer;
  }

  /** All that was recorded up to this moment has arrived. */
  private get frontierMs(): number {
    if (this.aloneUntilMs !== null) return this.aloneUntilMs;
    return this.listed.reduce((min, source) => Math.min(min, this.readUntil[source] ?? 0), Number.POSITIVE_INFINITY);
  }
}
