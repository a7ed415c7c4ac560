import { rm } from 'node:fs/promises';
import type { Journal } from './journal.js';
import type { Segment } from './segment.js';

/** With retention a journal is cut into at least this many segments, so that it is let go of in steps. */
const stepsPerRetention = 4;
const segmentBytesMin = 64 * 1024;

/** Whether the next group belongs in a new segment. */
export function segmentIsFull(journal: Journal, segment: Segment, bytes: number, now: number): boolean {
  if (Number.isNaN(segment.recordedFirst)) return false;
  const { retentionBytes, retentionMs } = journal.settings;
  let bytesMax = journal.limits.segmentBytesMax;
  if (retentionBytes !== undefined) {
    bytesMax = Math.min(bytesMax, Math.max(segmentBytesMin, retentionBytes / stepsPerRetention));
  }
  if (segment.bytes + bytes > bytesMax) return true;
  return retentionMs !== undefined && now - segment.recordedFirst > retentionMs / stepsPerRetention;
}

/** Whether everything in the segment is older than records are kept. */
export function isTooOld({ settings }: Journal, segment: Segment, now: number): boolean {
  return now - segment.recordedLast > (settings.retentionMs ?? Number.POSITIVE_INFINITY);
}

/** Takes the oldest segments that retention does not keep off the journal; never the last one. */
export function takeExpired(journal: Journal, now: number): Segment[] {
  const { segments } = journal;
  const { retentionBytes = Number.POSITIVE_INFINITY } = journal.settings;
  let bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  let count = 0;
  while (count < segments.length - 1) {
    const oldest = segments[count];
    if (!isTooOld(journal, oldest, now) && !(bytes > retentionBytes)) break;
    bytes -= oldest.bytes;
    count++;
  }
  return segments.splice(0, count);
}

/** Deletes their files. One that can't be deleted is found, and expires again, when the log is next opened. */
export async function removeSegments(segments: readonly Segment[]): Promise<void> {
  for (const { path, indexPath } of segments) {
    // The index first: one without its segment would mean that the segment was lost.
    await rm(indexPath, { force: true }).catch(() => {});
    await rm(path, { force: true }).catch(() => {});
  }
}
