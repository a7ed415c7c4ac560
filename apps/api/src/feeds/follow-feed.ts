import type { FeedCursor } from '#libs/feed';
import type { FeedTurn } from '#libs/storage';
import { type EventStream, frameOf } from '../http/event-stream.js';
import type { FeedPage } from './feed.js';
import { beginning, readCursor, writeSince } from './feed-cursor.js';
import type { FeedNews } from './feed-news.js';

const ITEMS_PER_PAGE = 200;
/** Who was away for more gets the newest of it. */
const PAGES_MAX = 5;

/** One user's feed. */
export interface FeedSource {
  /** How far feeds are projected. */
  turn(): Promise<FeedTurn>;
  /** Waits for what is new. */
  news(stands: FeedTurn): ReturnType<FeedNews['wait']>;
  read(limit: number, cursorOf: (now: FeedTurn) => FeedCursor): Promise<FeedPage>;
}

/**
 * Sends a client each item that is new after `after`, as it comes, until the client is gone. An id is where feeds stood before
 * that: who comes back with it gets it again rather than never. `rebuilt`: what was known before means nothing any more.
 */
export async function followFeed(
  { turn, news, read }: FeedSource,
  after: FeedTurn | null,
  open: (position: () => string) => EventStream,
): Promise<void> {
  let stands = after ?? (await turn());
  const stream = open(() => writeSince(stands));
  try {
    stream.heartbeat(writeSince(stands));
    while (stream.open) {
      const now = await turn();
      if (stands.generation === '') stands = { ...now, turn: 0 };
      if (now.generation !== stands.generation) {
        stands = now;
        await stream.send(writeSince(now), frameOf(writeSince(now), 'rebuilt', {}));
      }
      if (now.turn < stands.turn) stands = now;
      if (now.turn > stands.turn) stands = await sendNew(stream, read, stands);
      const waiting = news(stands);
      await Promise.race([waiting.come, stream.closed]);
      waiting.end();
    }
  } catch (error) {
    // The headers are out: the client hears of it by the end of the stream, and comes back.
    stream.end();
    throw error;
  }
}

/** The newest last; resolves with where feeds stood when it was read. */
async function sendNew(stream: EventStream, read: FeedSource['read'], stands: FeedTurn): Promise<FeedTurn> {
  let reached = stands;
  const pages: FeedPage[] = [];
  for (let next: string | null | undefined; next !== null && pages.length < PAGES_MAX; next = pages.at(-1)!.next) {
    const cursor = next;
    const page = await read(ITEMS_PER_PAGE, (now) => {
      if (cursor != null) return readCursor(cursor, now);
      reached = now;
      return beginning('latest', now, now.generation === stands.generation ? stands.turn : null);
    });
    pages.push(page);
  }
  const id = writeSince(stands);
  for (const item of pages.flatMap(({ items }) => items).reverse()) await stream.send(id, frameOf(id, 'item', item));
  return reached;
}
