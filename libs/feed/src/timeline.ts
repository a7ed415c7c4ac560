import { byNewest, type Place } from './place.js';
import type { Share } from './share.js';

/** What a user said of an item. */
export interface ItemFeedback {
  seen: boolean;
  hidden: boolean;
  /** Less of it (true), more of it (false), nothing (null). */
  less: boolean | null;
}

/** An object with what is known of it, for one user. */
export interface Shared {
  /** All shares of it by those whom the user follows, seen or not; newest first. */
  shares: readonly Share[];
  /** Those that the user may see. */
  visible: readonly Share[];
  feedback: ItemFeedback;
}

/** A piece of what those whom a user follows shared. */
export interface Stretch {
  /** Newest first. */
  places: readonly (Place & { objectKey: string })[];
  /** There is nothing behind them. */
  isLast: boolean;
  objects: ReadonlyMap<string, Shared>;
}

export interface Timeline {
  /** The next `count` places behind `before` (null: from the newest) and not behind `end`. */
  read(before: Place | null, end: Place | null, count: number): Promise<Stretch>;
}

/** An object in a feed. */
export interface Item extends Shared {
  key: string;
  /** Where the walk met it: the place of its newest share that was visible and not passed before. */
  place: Place;
}

interface Gathered {
  /** By place. */
  items: Item[];
  /** Everything up to here was looked at; null: nothing at all. */
  reached: Place | null;
  isLast: boolean;
}

/** So many places a request looks at; a page that is not full by then is answered as it is. */
const PLACES_MAX = 5_000;
const stretchMax = 400;

/** Walks down a timeline until it has `itemsMax` objects that the user sees and that are not among `passed`. */
export async function gather(
  timeline: Timeline,
  range: { before: Place | null; end: Place | null },
  passed: (key: string) => boolean,
  itemsMax: number,
): Promise<Gathered> {
  const items = new Map<string, Item>();
  let reached = range.before;
  let count = Math.min(stretchMax, itemsMax + 20);
  for (let looked = 0; looked < PLACES_MAX; count = Math.min(stretchMax, count * 2)) {
    const { places, isLast, objects } = await timeline.read(reached, range.end, count);
    for (const { at, tie, objectKey: key } of places) {
      const shared = objects.get(key);
      reached = { at, tie };
      if (!shared || passed(key) || items.has(key) || shared.feedback.hidden) continue;
      if (!shared.visible.some((share) => byNewest(share, { at, tie }) === 0)) continue;
      items.set(key, { ...shared, key, place: reached });
      if (items.size === itemsMax) return { items: [...items.values()], reached, isLast: false };
    }
    if (isLast) return { items: [...items.values()], reached, isLast };
    looked += places.length;
  }
  return { items: [...items.values()], reached, isLast: false };
}
