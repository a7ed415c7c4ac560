import { type Outcome, type ParsedEvent, parsers, positionId } from '#libs/parsers';
import type { Bookmark } from './bookmarks.js';
import { type Chunk, chunksOf } from './chunks.js';
import { cutOf, type Reading, zoneMinutesOf } from './reading.js';
import type { RejectedItem } from './sender.js';
import { withYears } from './years.js';

/** A chunk's events as NDJSON, moved in time; ids are those that the file gives without moving them. */
export async function shiftedEvents(chunk: Chunk, reading: Reading, bookmark: Bookmark) {
  const rejected: RejectedItem[] = [];
  const lines: string[] = [];
  for await (const { index, outcome } of outcomes(chunk, reading, bookmark)) {
    if (outcome.kind === 'reject') rejected.push({ index, reason: outcome.reason });
    else for (const event of outcome.events) lines.push(moved(event, bookmark.shift!.ms));
  }
  return { body: Buffer.from(lines.join('')), rejected };
}

/** Event time of the newest event, ms; null where there is none. */
export async function newestTime(source: AsyncIterable<Buffer>, reading: Reading, bookmark: Bookmark) {
  let newest: number | null = null;
  const chunks = chunksOf(source, { position: 0, lines: 0, cut: cutOf(reading), toEnd: true });
  const { year } = reading;
  for await (const chunk of year ? withYears(chunks, { year, month: 0 }) : chunks) {
    for await (const { outcome } of outcomes(chunk, reading, bookmark)) {
      if (outcome.kind === 'reject') continue;
      for (const { timeMs } of outcome.events) newest = Math.max(newest ?? timeMs, timeMs);
    }
  }
  return newest;
}

async function* outcomes(
  chunk: Chunk,
  reading: Reading,
  bookmark: Bookmark,
): AsyncGenerator<{ index: number; outcome: Outcome }> {
  const parser = parsers.get(reading.stream)!;
  const read = parser.open({
    source: `file:${bookmark.fingerprint}`,
    id: positionId,
    receivedAt: bookmark.shift!.to,
    type: reading.type,
    year: chunk.year,
    zoneMinutes: zoneMinutesOf(reading),
  });
  const units = parser.split(chunk.bytes);
  for (let index = 0; index < units.length; index++) {
    const { start, end } = units[index];
    yield { index, outcome: await read(chunk.bytes.subarray(start, end), chunk.position + start) };
  }
}

function moved({ value, timeMs }: ParsedEvent, shiftMs: number): string {
  const event = JSON.parse(value.toString()) as object;
  return `${JSON.stringify({ ...event, time: new Date(timeMs + shiftMs).toISOString() })}\n`;
}
