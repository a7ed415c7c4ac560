import {
  alertId,
  type DetectionPlan,
  type EpisodeChange,
  groupValues,
  Matcher,
  type MatcherOptions,
  type Origin,
  WindowPartition,
} from '#libs/detection';
import { eventTypes } from '#libs/events';
import { batchOfRecords, type Log, LogError, type RecordBatch } from '#libs/log';
import { cutToRecordedOrder } from '#libs/stream';

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

export interface RecountOptions extends MatcherOptions {
  groupsMax: number;
}

/** Bytes read from one partition at a time. */
const readBytesMax = 256 << 10;

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
  const matcher = new Matcher(plan, options);
  const windows = Array.from({ length: options.partitions }, (_, p) => new WindowPartition(p, plan, options));
  const counted = new Map<string, Counted>();
  for await (const batches of recordedOrder(log)) {
    const newest = batches.reduce((latest, batch) => Math.max(latest, batch.recordedAt(batch.count - 1)), 0);
    for (const { partition = 0, time, value } of matcher.match(batches, newest).matches) {
      const into = windows[partition];
      const record = { time, value, recordedAt: newest };
      for (const change of into.apply(batchOfRecords('', partition, into.position, [record]))) {
        const { rule, view } = change;
        const id = alertId(rule.info.id, view.groupLo, view.groupHi, view.anchor);
        counted.set(id, { change, first: into.origin(view.evidence[0].origin) });
      }
    }
  }
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

/** Everything the activity topics hold now, merged in the order of recording. */
async function* recordedOrder(log: Log): AsyncGenerator<RecordBatch[]> {
  const cursors = await openCursors(log);
  for (;;) {
    const batches: RecordBatch[] = [];
    for (const cursor of cursors) {
      if (cursor.offset >= cursor.end) continue;
      const batch = await readBounded(log, cursor);
      if (batch !== null) batches.push(batch);
    }
    if (batches.length === 0) return;
    const cut = cutToRecordedOrder(batches);
    for (const { topic, partition, nextOffset } of cut) {
      cursors.find((cursor) => cursor.topic === topic && cursor.partition === partition)!.offset = nextOffset;
    }
    yield cut;
  }
}

interface Cursor {
  topic: string;
  partition: number;
  offset: number;
  /** What is written later does not count. */
  end: number;
}

async function openCursors(log: Log): Promise<Cursor[]> {
  const cursors: Cursor[] = [];
  const known = new Set(await log.topics());
  for (const { topic, internal } of eventTypes) {
    if (internal || !known.has(topic)) continue;
    for (const { partition, earliest, next } of (await log.describe(topic)).partitions) {
      cursors.push({ topic, partition, offset: earliest, end: next });
    }
  }
  return cursors;
}

async function readBounded(log: Log, cursor: Cursor): Promise<RecordBatch | null> {
  const { topic, partition, end } = cursor;
  try {
    const recordsMax = end - cursor.offset;
    const batch = await log.read(topic, partition, cursor.offset, { bytesMax: readBytesMax, recordsMax });
    return batch.count > 0 ? batch : null;
  } catch (error) {
    // Retention moved on while we read, or bytes are damaged: what is left is counted.
    const next = error instanceof LogError && (error.facts.earliest ?? error.facts.nextReadable);
    if (typeof next !== 'number' || next <= cursor.offset) throw error;
    cursor.offset = next;
    return cursor.offset < end ? readBounded(log, cursor) : null;
  }
}
