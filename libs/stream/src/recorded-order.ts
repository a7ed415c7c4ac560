import type { RecordBatch } from '#libs/log';

/**
 * Cuts what one poll gave so that together it is everything recorded up to one moment: whatever was recorded later,
 * by any partition, waits for the next poll. Batches come back in a fixed order, cut or whole; empty ones are left out.
 *
 * Without this a reader that is behind would see one partition's week before another partition's Monday, and events
 * that were written in time would look late.
 */
export function cutToRecordedOrder(batches: readonly RecordBatch[]): RecordBatch[] {
  const ordered = [...batches].sort((a, b) => compare(a.topic, b.topic) || a.partition - b.partition);
  const behind = ordered.filter((batch) => !batch.atEnd);
  if (behind.length === 0) return ordered;
  // The last moment of a batch that has more to come may not be complete: it waits as well, unless it is all there is.
  const horizon = Math.min(...behind.map(lastRecordedAt));
  const before = ordered.map((batch) => batch.countRecordedBefore(horizon));
  const progress = before.some((count) => count > 0);
  return ordered.flatMap((batch, i) => {
    const count = progress ? before[i] : batch.countRecordedBefore(horizon + 1);
    if (count === 0) return [];
    return [count === batch.count ? batch : batch.head(count)];
  });
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const lastRecordedAt = (batch: RecordBatch): number => batch.recordedAt(batch.count - 1);
