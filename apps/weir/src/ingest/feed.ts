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

const BOOKMARK_MS = 500;

/**
 * Sends the chunks of one file and keeps its bookmark; gives the bookmark as it then is. One chunk after the other: the
 * log has the lines in the order of the file, or else a window could see more disorder than it allows for.
 */
export async function feed(chunks: AsyncIterable<Chunk>, bookmark: Bookmark, ports: FeedPorts): Promise<Bookmark> {
  let current = bookmark;
  let saved = bookmark;
  let savedAt = performance.now();
  try {
    for await (const chunk of chunks) {
      await deliver(chunk, bookmark, ports);
      const { end, line, lines, season = null } = chunk;
      current = { ...bookmark, position: end, lines: line - 1 + lines, season };
      if (performance.now() - savedAt < BOOKMARK_MS) continue;
      await ports.bookmarks.save(current);
      saved = current;
      savedAt = performance.now();
    }
  } finally {
    if (current !== saved) await ports.bookmarks.save(current);
  }
  return current;
}

async function deliver(chunk: Chunk, bookmark: Bookmark, ports: FeedPorts): Promise<void> {
  const answer = await ports.send(chunk, bookmark);
  ports.totals.bytes += chunk.bytes.length;
  ports.totals.accepted += answer.accepted;
  ports.totals.rejected += answer.rejected.length;
  for (const { index, reason } of answer.rejected)
    ports.rejected({ file: bookmark.file, line: chunk.line + index, reason });
}
