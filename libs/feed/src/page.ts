import { type FeedCursor, PASSED_MAX, shortened } from './cursor.js';
import { byNewest, type Place } from './place.js';
import { gather, type Item, type Timeline } from './timeline.js';

/** Items are ranked among so many that follow one another in time. */
const CHUNK_ITEMS = 200;

export interface Page<T> {
  items: T[];
  /** Where it goes on; null: that was all. */
  next: FeedCursor | null;
}

/** The next items by time. */
export async function latestPage(timeline: Timeline, cursor: FeedCursor, limit: number): Promise<Page<Item>> {
  const { items, reached, isLast } = await gather(timeline, cursor, isPassed(cursor), limit + 1);
  const shown = items.slice(0, limit);
  const before = items.length > limit ? shown.at(-1)!.place : reached;
  const isOver = isLast && items.length <= limit;
  return { items: shown, next: isOver ? null : { ...cursor, before, passed: passedAt(cursor, shown, before) } };
}

/**
 * The next items of the chunk that is being shown, as `rank` orders them now, and of the chunks behind it. What was shown of
 * a chunk is known, so its ranks may move from page to page.
 */
export async function rankedPage<T extends { item: Item }>(
  timeline: Timeline,
  start: FeedCursor,
  limit: number,
  rank: (items: readonly Item[]) => Promise<readonly T[]>,
  chunkItems = CHUNK_ITEMS,
): Promise<Page<T>> {
  const items: T[] = [];
  for (let cursor = start; ; ) {
    const chunk = await gather(timeline, cursor, isPassed(cursor), chunkItems);
    // What came into sight meanwhile may fill the chunk before its end: the rest is another's.
    const end = chunk.isLast ? (cursor.end ?? chunk.reached) : chunk.reached;
    const waiting = (await rank(chunk.items)).filter(({ item }) => !cursor.shown.has(shortened(item.key)));
    const taken = waiting.slice(0, limit - items.length);
    items.push(...taken);
    const shown = new Set([...cursor.shown, ...taken.map(({ item }) => shortened(item.key))]);
    if (taken.length < waiting.length) return { items, next: { ...cursor, end, shown } };
    if (cursor.end === null && chunk.isLast) return { items, next: null };
    const past = chunk.items.filter(({ key }) => shown.has(shortened(key)));
    const here = new Set(past.map(({ key }) => shortened(key)));
    const gone = [...shown].filter((key) => !here.has(key));
    const passed = passedAt(cursor, past, end, gone);
    const next = { ...cursor, before: end, end: null, shown: new Set<string>(), passed };
    const isCut = !chunk.isLast && chunk.items.length < chunkItems;
    if (isCut) return { items, next };
    if (items.length === limit) return { items, next: (await hasMore(timeline, next)) ? next : null };
    cursor = next;
  }
}

/** The item as it is ranked now among those of its chunk; null: it is not in the first `chunksMax` chunks. */
export async function findRanked<T extends { item: Item }>(
  timeline: Timeline,
  key: string,
  rank: (items: readonly Item[]) => Promise<readonly T[]>,
  chunksMax: number,
): Promise<T | null> {
  const passed = new Set<string>();
  let before: Place | null = null;
  for (let i = 0; i < chunksMax; i++) {
    const chunk = await gather(timeline, { before, end: null }, (one) => passed.has(one), CHUNK_ITEMS);
    if (chunk.items.some((item) => item.key === key))
      return (await rank(chunk.items)).find(({ item }) => item.key === key)!;
    if (chunk.isLast) return null;
    for (const item of chunk.items) passed.add(item.key);
    before = chunk.reached;
  }
  return null;
}

async function hasMore(timeline: Timeline, cursor: FeedCursor): Promise<boolean> {
  const { items, isLast } = await gather(timeline, cursor, isPassed(cursor), 1);
  return items.length > 0 || !isLast;
}

const isPassed =
  ({ passed }: FeedCursor) =>
  (key: string): boolean =>
    passed.has(shortened(key));

/**
 * Items that come again below `place` unless they are remembered: also those whose shares there are hidden now, and those that are
 * `gone`, as all that was seen of them above it is hidden now.
 */
function passedAt(
  { passed }: FeedCursor,
  shown: readonly Item[],
  place: Place | null,
  gone: readonly string[] = [],
): Set<string> {
  const again = shown.filter(({ shares }) =>
    shares.some((share) => !share.retracted && place !== null && byNewest(place, share) < 0),
  );
  return new Set([...passed, ...again.map(({ key }) => shortened(key)), ...gone].slice(-PASSED_MAX));
}
