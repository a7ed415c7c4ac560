import type { LogRecord } from '#libs/log';
import { cutHits } from './cut-hits.js';
import { HitBuffer } from './hit-buffer.js';
import { encodeMatches, type MatchBatch } from './match-batch.js';
import type { PlannedRule } from './plan.js';
import type { PlannedLink } from './plan-chain.js';

/** A mail to a hundred thousand recipients shall not fill the log: the rest of an event's hits is dropped and counted. */
const hitsPerEventMax = 10_000;
/** So many hits a record, two thirds of a megabyte: the log takes records of one. */
const recordHitsMax = 16_384;

/** The group of a rule above that a hit's group is part of, and its value there. */
export interface LinkHit {
  link: PlannedLink;
  lo: number;
  hi: number;
  value: number;
}
const none: readonly LinkHit[] = [];

/** Spreads hits over the partitions of `weir.matches`, so that one group's hits meet in one of them. */
export class HitSpread {
  /** Hits written, and hits beyond what one event may have. */
  readonly counters = { written: 0, capped: 0 };
  /** By partition and, as the plan numbers them, rule. */
  private readonly buffers: (HitBuffer | undefined)[][];
  /** The event that is being matched. It counts once for a group and value, however many of a rule's detections it meets. */
  private readonly event = { origin: -1, hits: 0, counted: null as Set<string> | null };

  constructor(partitions: number) {
    this.buffers = Array.from({ length: partitions }, () => []);
  }

  /** Rules have other numbers from now on. Only when all hits were taken. */
  changePlan(): void {
    for (const buffers of this.buffers) buffers.length = 0;
  }

  /**
   * `nth`: of an event's numbers, which may be equal and count all the same. `links`: the groups that this one is part
   * of, the outermost last, which chooses the partition. Their hits stand where the hit itself stands among its rule's.
   */
  push(
    { index, hash, isShared }: PlannedRule,
    lo: number,
    hi: number,
    time: number,
    recordedAt: number,
    origin: number,
    value: number,
    nth = 0,
    links: readonly LinkHit[] = none,
  ): void {
    if (origin !== this.event.origin) this.begin(origin);
    if (isShared && this.wasCounted(`${index}/${lo}/${hi}/${value}/${nth}`)) return;
    if (++this.event.hits > hitsPerEventMax) {
      this.counters.capped++;
      return;
    }
    // The top bits choose the partition; the low bits choose the place in the group's table.
    const chooser = links.length > 0 ? links[links.length - 1].hi : hi;
    const buffers = this.buffers[(chooser >>> 8) % this.buffers.length];
    buffers[index] ??= new HitBuffer(hash);
    buffers[index].push(lo, hi, time, recordedAt, origin, value);
    for (const { link, ...above } of links) {
      buffers[link.index] ??= new HitBuffer(link.hash);
      buffers[link.index]!.push(above.lo, above.hi, time, recordedAt, origin, above.value);
    }
  }

  /** Takes back what the event under way has hit. */
  discard(origin: number): void {
    for (const buffer of this.buffers.flat()) buffer?.discard(origin);
  }

  /** All that was pushed since the last call, in records, each to its partition. */
  take(head: Omit<MatchBatch, 'hits' | 'partsLeft'>): LogRecord[] {
    // The next batches' origins begin anew.
    this.begin(-1);
    const records: LogRecord[] = [];
    for (const [partition, buffers] of this.buffers.entries()) {
      const hits = buffers.filter((buffer) => buffer !== undefined && buffer.count > 0) as HitBuffer[];
      if (hits.length === 0) continue;
      const cut = cutHits(hits, recordHitsMax);
      for (const [i, { hits: together, partsLeft }] of cut.entries()) {
        // Only with the last of them everything has been said.
        const readUntilMs = i === cut.length - 1 ? head.readUntilMs : 0;
        const value = encodeMatches({ ...head, readUntilMs }, together, partsLeft);
        records.push({ partition, time: head.markMs, value });
      }
      for (const buffer of hits) {
        this.counters.written += buffer.count;
        buffer.clear();
      }
    }
    return records;
  }

  private begin(origin: number): void {
    this.event.origin = origin;
    this.event.hits = 0;
    this.event.counted = null;
  }

  private wasCounted(hit: string): boolean {
    this.event.counted ??= new Set();
    if (this.event.counted.has(hit)) return true;
    this.event.counted.add(hit);
    return false;
  }
}
