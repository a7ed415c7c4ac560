import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import type { Clock } from '#libs/clock';
import {
  type FeedCursor,
  findRanked,
  type Item,
  interestsOf,
  latestPage,
  type RankedItem,
  type RankingFacts,
  rank,
  rankedPage,
  type Suspicion,
} from '#libs/feed';
import {
  FeedReader,
  type FeedTurn,
  feedTurn,
  interactionsOf,
  objectKeyOf,
  readFeeds,
  suspicionsOf,
} from '#libs/storage';
import { CLOCK, DATABASE, Problem } from '../../../platform/src/index.js';
import { FEEDS, type FeedOptions } from '../ports.js';
import { type FeedPage, itemWire, type Suspicions } from './feed.js';
import { writeCursor, writeSince } from './feed-cursor.js';
import { type Why, whyWire } from './why.js';

/** How far down an item is looked for, to say how it ranks there. */
const WHY_CHUNKS_MAX = 10;

/** Feeds as they are read, each at one moment of the database. */
@Injectable()
export class Feeds {
  constructor(
    @Inject(DATABASE) private readonly database: DataSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(FEEDS) private readonly options: FeedOptions,
  ) {}

  /** How far feeds are projected. */
  turn(): Promise<FeedTurn> {
    return turnOf(this.database);
  }

  /** `cursorOf` is told how far feeds are projected, and says what to read. */
  page(user: string, limit: number, cursorOf: (now: FeedTurn) => FeedCursor): Promise<FeedPage> {
    return readFeeds(this.database, async (manager) => {
      const now = await turnOf(manager);
      const cursor = cursorOf(now);
      const reader = await FeedReader.open(manager, user, cursor);
      const since = writeSince({ ...now, turn: cursor.turn });
      if (!reader) return { items: [], next: null, since };
      if (cursor.mode === 'latest') {
        const { items, next } = await latestPage(reader, cursor, limit);
        const suspicions = await this.suspicions(manager, items);
        return { items: items.map((item) => itemWire(item, suspicions, null)), next: next && writeCursor(next), since };
      }
      const { facts, rank } = await this.ranking(manager, reader);
      const { items, next } = await rankedPage(reader, cursor, limit, rank);
      return {
        items: items.map((ranked) => itemWire(ranked.item, facts.suspicions, ranked)),
        next: next && writeCursor(next),
        since,
      };
    });
  }

  /** Throws a 404 problem where nobody whom the user follows shared it. */
  why(user: string, id: string): Promise<Why> {
    return readFeeds(this.database, async (manager) => {
      const now = await turnOf(manager);
      const reader = await FeedReader.open(manager, user, { turn: now.turn, since: null });
      const key = objectKeyOf(id);
      const shared = (await reader?.objects([key]))?.get(key);
      if (!reader || !shared) {
        const detail = `Nobody whom ${user} follows shared ${JSON.stringify(id)}.`;
        throw new Problem(404, 'ITEM_UNKNOWN', detail);
      }
      const ranking = await this.ranking(manager, reader);
      const isShown = shared.visible.length > 0 && !shared.feedback.hidden;
      const ranked = isShown ? await findRanked(reader, key, ranking.rank, WHY_CHUNKS_MAX) : null;
      return whyWire(id, shared, await reader.hiding(shared.shares), ranked, ranking.facts);
    });
  }

  private async ranking(manager: EntityManager, reader: FeedReader) {
    const now = this.clock.now();
    const interests = interestsOf(await interactionsOf(manager, reader.user.number), now);
    const suspicions = new Map<string, readonly Suspicion[]>();
    const facts: RankingFacts = { now, halfLifeMs: this.options.halfLifeMs, interests, suspicions };
    return {
      facts,
      /** Learns of suspicions as items come. */
      rank: async (items: readonly Item[]): Promise<RankedItem[]> => {
        for (const [sharer, all] of await this.suspicions(manager, items)) suspicions.set(sharer, all);
        return rank(items, facts);
      },
    };
  }

  private suspicions(manager: EntityManager, items: readonly Item[]): Promise<Suspicions> {
    const sharers = new Set(items.flatMap(({ visible }) => visible.map(({ author }) => author)));
    return suspicionsOf(manager, [...sharers], this.options.demotingRules);
  }
}

async function turnOf(database: DataSource | EntityManager): Promise<FeedTurn> {
  return (await feedTurn(database)) ?? { generation: '', turn: 0 };
}
