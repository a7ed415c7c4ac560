import type { LogRecord } from '#libs/log';
import { cutHits } from './cut-hits.js';
import { hitsPerEventMax } from './event-groups.js';
import { HitBuffer } from './hit-buffer.js';
import { encodeMatches, type MatchBatch } from './match-batch.js';
import type { PlannedRule } from './plan.js';
import type { PlannedLink } from './plan-chain.js';

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

/** What the event that is being matched has of one rule. */
interface RuleEvent {
  origin: number;
  hits: number;
  /** It counts once for a group and value, however many of a rule's detections it meets. */
  counted: Set<string> | null;
}

/** Spreads hits over the partitions of `weir.matches`, so that one group's hits meet in one of them. */
export class HitSpread {
  /** Hits written. */
  readonly counters = { written: 0 };
  /** By partition and, as the plan numbers them, rule. */
  private readonly buffers: (HitBuffer | undefined)[][];
  /** By rule, as the plan numbers them. */
  private readonly events: (RuleEvent | undefined)[] = [];
  /** Hits beyond what one event may have of a rule, by the rule's name. */
  private capped = new Map<string, number>();

  constructor(partitions: number) {
    this.buffers = Array.from({ length: partitions }, () => []);
  }

  /** Rules have other numbers from now on. Only when all hits were taken. */
  changePlan(): void {
    for (const buffers of this.buffers) buffers.length = 0;
    this.events.length = 0;
  }

  /**
   * `nth`: of an event's numbers, which may be equal and count all the same. `links`: the groups that this one is part
   * of, the outermost last, which chooses the partition. Their hits stand where the hit itself stands among its rule's.
   */
  push(
    rule: PlannedRule,
    lo: number,
    hi: number,
    time: number,
    recordedAt: number,
    origin: number,
    value: number,
    nth = 0,
    links: readonly LinkHit[] = none,
  ): void {
    const { index, hash, isShared } = rule;
    if (isShared && this.isRepeated(rule, origin, `${lo}/${hi}/${value}/${nth}`)) return;
    // One rule's limit is its own: what another makes of the event can't hang on it.
    if (++this.eventOf(rule, origin).hits > hitsPerEventMax) {
      this.leaveOut(rule, 1);
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

  /** Was this said before of the event under way, by another detection of the rule? */
  isRepeated(rule: PlannedRule, origin: number, hit: string): boolean {
    const event = this.eventOf(rule, origin);
    event.counted ??= new Set();
    if (event.counted.has(hit)) return true;
    event.counted.add(hit);
    return false;
  }

  /** So many hits are beyond what one event may have of the rule. */
  leaveOut({ info }: PlannedRule, hits: number): void {
    this.capped.set(info.name, (this.capped.get(info.name) ?? 0) + hits);
  }

  /** Hits that were left out since the last call, by rule name. */
  takeCapped(): Map<string, number> {
    const { capped } = this;
    this.capped = new Map();
    return capped;
  }

  /** Takes back what the event under way has hit. */
  discard(origin: number): void {
    for (const buffer of this.buffers.flat()) buffer?.discard(origin);
  }

  /** All that was pushed since the last call, in records, each to its partition. */
  take(head: Omit<MatchBatch, 'hits' | 'partsLeft'>): LogRecord[] {
    // The next batches' origins begin anew.
    this.events.length = 0;
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

  private eventOf({ index }: PlannedRule, origin: number): RuleEvent {
    const event = (this.events[index] ??= { origin: -1, hits: 0, counted: null });
    if (event.origin !== origin) {
      event.origin = origin;
      event.hits = 0;
      event.counted = null;
    }
    return event;
  }
}
