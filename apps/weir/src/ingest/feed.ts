import { Acknowledged, type Place } from './acknowledged.js';
import type { Bookmark, Bookmarks } from './bookmarks.js';
import type { Chunk } from './chunks.js';
import type { Answer } from './sender.js';

/** What was fed so far, over all files of a command. */
export interface Totals {
  bytes: number;
  accepted: number;
  rejected: number;
}

/** One line that Weir did not take. */
export interface RejectedLine {
  file: string;
  line: number;
  reason: string;
}

export interface FeedPorts {
  bookmarks: Pick<Bookmarks, 'save'>;
  /** Resolves once every line of the chunk is acknowledged or rejected. */
  send(chunk: Chunk, bookmark: Bookmark): Promise<Answer>;
  rejected(line: RejectedLine): void;
  totals: Totals;
}

const REQUESTS_MAX = 4;
const BOOKMARK_MS = 500;

/** Sends the chunks of one file, several at a time, and keeps its bookmark; gives the bookmark as it then is. */
export async function feed(chunks: AsyncIterable<Chunk>, bookmark: Bookmark, ports: FeedPorts): Promise<Bookmark> {
  const acknowledged = new Acknowledged(bookmark);
  const underWay = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const current = () => ({ ...bookmark, ...acknowledged.place });
  let savedAt = performance.now();
  try {
    for await (const chunk of chunks) {
      const done = acknowledged.sent(placeAfter(chunk));
      const request = deliver(chunk, bookmark, ports)
        .then(done, (error: unknown) => void failures.push(error))
        .finally(() => underWay.delete(request));
      underWay.add(request);
      if (underWay.size >= REQUESTS_MAX) await Promise.race(underWay);
      if (failures.length > 0) break;
      if (performance.now() - savedAt < BOOKMARK_MS) continue;
      await ports.bookmarks.save(current());
      savedAt = performance.now();
    }
  } finally {
    await Promise.all(underWay);
    if (acknowledged.place.position > bookmark.position) await ports.bookmarks.save(current());
  }
  if (failures.length > 0) throw failures[0];
  return current();
}

function placeAfter({ end, line, lines, season }: Chunk): Place {
  return { position: end, lines: line - 1 + lines, season: season ?? null };
}

async function deliver(chunk: Chunk, bookmark: Bookmark, ports: FeedPorts): Promise<void> {
  const answer = await ports.send(chunk, bookmark);
  ports.totals.bytes += chunk.bytes.length;
  ports.totals.accepted += answer.accepted;
  ports.totals.rejected += answer.rejected.length;
  for (const { index, reason } of answer.rejected)
    ports.rejected({ file: bookmark.file, line: chunk.line + index, reason });
}
