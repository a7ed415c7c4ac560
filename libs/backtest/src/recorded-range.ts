import { eventTypes } from '#libs/events';
import { type Log, LogError, type RecordBatch } from '#libs/log';
import { cutToRecordedOrder } from '#libs/stream';

/** Bytes read from one partition at a time. */
const readBytesMax = 256 << 10;

/** How far a reader has come in one partition. */
export interface Cursor {
  topic: string;
  partition: number;
  /** The next to be read. */
  offset: number;
  /** What is written later does not count. */
  end: number;
  /** Read from `offset` on and not handed out yet. */
  held: RecordBatch | null;
  /** What is being read from there on meanwhile. */
  ahead: Promise<RecordBatch | null> | null;
}

/** What a range is read through: the log, or one that another thread has open. */
export type LogReader = Pick<Log, 'topics' | 'describe' | 'read' | 'offsetAt'>;

/** What was asked for and could not be read: removed by retention, or damaged. */
export interface Skipped {
  topic: string;
  partition: number;
  /** The first that could not be read, and the first after it that can. */
  from: number;
  to: number;
  reason: string;
}

export interface RangeStart {
  /** Records with an event time before this need not be read: ms. Default: all there are. */
  fromMs?: number;
  /** Default: all of activity. */
  topics?: ReadonlySet<string>;
}

export interface RangeOptions {
  /** Only what was recorded up to then, ms. Default: all. */
  untilMs?: number;
  skipped?(skipped: Skipped): void;
}

/** Every partition of activity as it is now, from its first record on, or from the first that `fromMs` asks for. */
export async function openCursors(log: LogReader, { fromMs, topics }: RangeStart = {}): Promise<Cursor[]> {
  const cursors: Cursor[] = [];
  const known = new Set(await log.topics());
  for (const { topic, internal } of eventTypes) {
    if (internal || !known.has(topic) || topics?.has(topic) === false) continue;
    for (const { partition, earliest, next } of (await log.describe(topic)).partitions) {
      const offset = fromMs === undefined ? earliest : Math.max(earliest, await log.offsetAt(topic, partition, fromMs));
      cursors.push({ topic, partition, offset, end: next, held: null, ahead: null });
    }
  }
  return cursors;
}

/**
 * What lies between cursors and their ends, merged in the order of recording. Cursors move along: a second call goes on
 * where the first ended. While a caller works on what it was given, the next is read.
 */
export async function* recordedRange(
  log: LogReader,
  cursors: readonly Cursor[],
  { untilMs = Infinity, skipped }: RangeOptions = {},
): AsyncGenerator<RecordBatch[]> {
  const read = (cursor: Cursor) => readBounded(log, cursor, skipped);
  for (;;) {
    await Promise.all(cursors.map(async (cursor) => (cursor.held ??= await (cursor.ahead ?? read(cursor)))));
    const held = cursors.flatMap((cursor) => cursor.held ?? []);
    const cut = cutToRecordedOrder(held).flatMap((batch) => recordedUntil(batch, untilMs) ?? []);
    if (cut.length === 0) return;
    for (const batch of cut) {
      const cursor = cursors.find(({ topic, partition }) => topic === batch.topic && partition === batch.partition)!;
      const whole = cursor.held!;
      cursor.held = batch.count < whole.count ? whole.tail(batch.count) : null;
      cursor.offset = batch.nextOffset;
      cursor.ahead = cursor.held === null ? read(cursor) : null;
      // It is told where it is awaited, if it still is.
      cursor.ahead?.catch(() => {});
    }
    yield cut;
  }
}

async function readBounded(
  log: LogReader,
  cursor: Cursor,
  skipped: RangeOptions['skipped'],
): Promise<RecordBatch | null> {
  const { topic, partition, end, offset } = cursor;
  if (offset >= end) return null;
  try {
    const recordsMax = end - offset;
    const batch = await log.read(topic, partition, offset, { bytesMax: readBytesMax, recordsMax });
    return batch.count > 0 ? batch : null;
  } catch (error) {
    // Retention moved on while we read, or bytes are damaged: what is left is counted.
    const next = error instanceof LogError && (error.facts.earliest ?? error.facts.nextReadable);
    if (typeof next !== 'number' || next <= offset) throw error;
    skipped?.({ topic, partition, from: offset, to: next, reason: (error as LogError).code });
    cursor.offset = next;
    return readBounded(log, cursor, skipped);
  }
}

/** Null: nothing of it was recorded by then. */
function recordedUntil(batch: RecordBatch, untilMs: number): RecordBatch | null {
  let count = batch.count;
  while (count > 0 && batch.recordedAt(count - 1) > untilMs) count--;
  if (count === 0) return null;
  return count === batch.count ? batch : batch.head(count);
}
