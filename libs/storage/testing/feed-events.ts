import type { DataSource } from 'typeorm';
import { type FeedCursor, type Item, latestPage, rankedPage } from '#libs/feed';
import { applyFeeds, type FeedEvent, type InboxOptions } from '../src/feeds/apply-feeds.js';
import { FeedReader, feedTurn, readFeeds } from '../src/feeds/feed-reader.js';
import { claimPositions } from '../src/positions/positions.js';

/** Projects events as they come, one transaction for each batch; for specs and benchmarks. */
export class FeedEvents {
  private next = 0;

  constructor(
    private readonly database: DataSource,
    private readonly options: InboxOptions,
    private readonly topic = 'share',
  ) {}

  async apply(events: readonly FeedEvent[]): Promise<number> {
    const reached = { projection: 'feeds', topic: this.topic, partition: 0, offset: this.next };
    if (this.next === 0) await claimPositions(this.database, [reached]);
    const records = events.map((event, i) => ({ offset: reached.offset + i, event }));
    this.next += events.length;
    const { deliveries } = await applyFeeds(this.database, [{ reached, records, next: this.next }], this.options);
    return deliveries;
  }
}

export const feedTables =
  'computed.feed_user, computed.relation, computed.share, computed.share_retraction, computed.feed_turn, computed.feed_pulled, computed.feed_inbox, computed.feed_feedback, computed.projection_position';

export interface Paging {
  mode: FeedCursor['mode'];
  limit: number;
  /** Ranked: what comes before what. */
  order?: (items: readonly Item[]) => readonly Item[];
  chunkItems?: number;
  since?: number;
  /** What happens between one page and the next. */
  meanwhile?: () => Promise<unknown>;
}

/** All pages of a user's feed. */
export async function pagesOf(database: DataSource, user: string, paging: Paging): Promise<Item[][]> {
  const { mode, limit, order = (items) => items, chunkItems, since = null, meanwhile = async () => {} } = paging;
  const turn = (await feedTurn(database)) ?? { generation: '', turn: 0 };
  const place = { before: null, end: null, shown: new Set<string>(), passed: new Set<string>() };
  const pages: Item[][] = [];
  for (let at: FeedCursor | null = { mode, ...turn, since, ...place }; at !== null; ) {
    const from: FeedCursor = at;
    const page = await readFeeds(database, async (manager) => {
      const reader = await FeedReader.open(manager, user, from);
      if (!reader) return { items: [], next: null };
      if (mode === 'latest') return latestPage(reader, from, limit);
      const rank = async (items: readonly Item[]) => order(items).map((item) => ({ item }));
      const { items, next } = await rankedPage(reader, from, limit, rank, chunkItems);
      return { items: items.map(({ item }) => item), next };
    });
    pages.push(page.items);
    at = page.next;
    await meanwhile();
  }
  return pages;
}
