import type { HitBuffer } from './hit-buffer.js';
import { type OrderedHits, originSpan, partsMax } from './match-batch.js';

/** What goes into one record. */
export interface Cut {
  hits: readonly OrderedHits[];
  /** As `MatchBatch` has it. */
  partsLeft: number;
}

/**
 * The hits of one partition, as the records that they are to be written in: one, unless there are too many for it. A
 * reader drops what it has applied before by each source's highest offset; so of every source what comes first in one
 * record comes before all that is in the next, and an event's hits stay together. An event that has more than `hitsMax`
 * by itself comes alone, in parts, which are the same however often it is written.
 */
export function cutHits(buffers: readonly HitBuffer[], hitsMax: number): Cut[] {
  if (countOf(buffers) <= hitsMax) return [{ hits: buffers, partsLeft: 0 }];
  const recordOf = assignRecords(buffers, hitsMax);
  const records: OrderedHits[][] = [];
  for (const { rule, count, order, times, origins, values, recordedAt, groupLo, groupHi } of buffers) {
    const chosen: number[][] = [];
    for (let k = 0; k < count; k++) {
      const i = order === null ? k : order[k];
      (chosen[recordOf.get(origins[i])!] ??= []).push(i);
    }
    chosen.forEach((hits, record) => {
      const part = { rule, count: hits.length, order: Uint32Array.from(hits) };
      (records[record] ??= []).push({ ...part, times, origins, values, recordedAt, groupLo, groupHi });
    });
  }
  return records.flatMap((hits) => inParts(hits, hitsMax));
}

/** Columns of one length are cut at the same places: hits of links stay beside those that they are of. */
function inParts(hits: readonly OrderedHits[], hitsMax: number): Cut[] {
  const parts = Math.min(partsMax, Math.ceil(countOf(hits) / hitsMax));
  return Array.from({ length: parts }, (_, part) => ({
    partsLeft: parts - 1 - part,
    hits: hits.flatMap(({ count, order, ...of }) => {
      const [from, until] = [part, part + 1].map((cuts) => Math.floor((count * cuts) / parts));
      return from === until ? [] : [{ ...of, count: until - from, order: order!.subarray(from, until) }];
    }),
  }));
}

const countOf = (hits: readonly OrderedHits[]): number => hits.reduce((sum, { count }) => sum + count, 0);

interface MatchedEvent {
  origin: number;
  recordedAt: number;
  /** Event time; of an event that stands behind a younger one of its source and moment, that one's. */
  time: number;
  hits: number;
}

/** By origin: the record that the event's hits go to. */
function assignRecords(buffers: readonly HitBuffer[], hitsMax: number): Map<number, number> {
  const events = new Map<number, MatchedEvent>();
  for (const { count, origins, recordedAt, times } of buffers) {
    for (let i = 0; i < count; i++) {
      const known = events.get(origins[i]);
      if (known) known.hits++;
      else events.set(origins[i], { origin: origins[i], recordedAt: recordedAt[i], time: times[i], hits: 1 });
    }
  }
  const inLog = [...events.values()].sort((a, b) => a.origin - b.origin);
  for (const [i, event] of inLog.entries()) {
    const before = inLog[i - 1];
    if (before?.recordedAt === event.recordedAt && sourceOf(before) === sourceOf(event)) {
      event.time = Math.max(event.time, before.time);
    }
  }
  const recordOf = new Map<number, number>();
  let record = 0;
  let hits = 0;
  for (const event of inLog.sort((a, b) => a.recordedAt - b.recordedAt || a.time - b.time || a.origin - b.origin)) {
    if (hits > 0 && hits + event.hits > hitsMax) {
      record++;
      hits = 0;
    }
    hits += event.hits;
    recordOf.set(event.origin, record);
  }
  return recordOf;
}

const sourceOf = ({ origin }: MatchedEvent): number => Math.floor(origin / originSpan);
