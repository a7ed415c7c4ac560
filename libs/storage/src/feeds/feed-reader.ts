import type { DataSource, EntityManager } from 'typeorm';
import {
  type Bond,
  hiddenBecause,
  type ItemFeedback,
  type Place,
  type Share,
  type Shared,
  type Stretch,
  type Timeline,
} from '#libs/feed';
import { storable } from '../storable.js';
import { feedbackSlots } from './apply-feeds.js';
import { bondsSql } from './bonds.sql.js';
import { itemFeedbackSql } from './item-feedback.sql.js';
import { newPlacesSql } from './new-places.sql.js';
import { newsSql } from './news.sql.js';
import { placesSql } from './places.sql.js';
import { sharesOfObjectsSql } from './shares-of-objects.sql.js';

/** How far feeds were projected. */
export interface FeedTurn {
  generation: string;
  turn: number;
}

interface LinkRow {
  n: string;
  author: string;
  source: string;
  id: string;
  audience: string[] | null;
  retracted: boolean;
  /** Null: it is re-shared by the share before it. */
  at: Date | null;
  tie: string;
  key: string;
  object: Share['object'];
  text: string | null;
}

/** Why the user doesn't see a share; null: they do. */
export type Hiding = (share: Share) => ReturnType<typeof hiddenBecause>;

/** What there is of feeds now; null: nothing was projected yet. */
export async function feedTurn(database: DataSource | EntityManager): Promise<FeedTurn | null> {
  const [row] = await database.query<{ generation: string; turn: string }[]>(
    'SELECT generation, turn FROM computed.feed_turn',
  );
  return row ? { generation: row.generation, turn: Number(row.turn) } : null;
}

/** By index, those who follow somebody of whom a share was projected after the turn given with them. */
export async function newsFor(
  database: DataSource,
  readers: readonly { user: string; turn: number }[],
): Promise<number[]> {
  if (readers.length === 0) return [];
  const given = [readers.map(({ user }) => storable(user)), readers.map(({ turn }) => turn)];
  const rows = await database.query<{ n: number }[]>(newsSql, given);
  return rows.map(({ n }) => n - 1);
}

/** Reads feeds, all as they are at one moment. */
export function readFeeds<T>(database: DataSource, work: (manager: EntityManager) => Promise<T>): Promise<T> {
  return database.transaction('REPEATABLE READ', work);
}

/** What those whom one user follows shared. */
export class FeedReader implements Timeline {
  private constructor(
    private readonly manager: EntityManager,
    readonly user: { name: string; number: number },
    private readonly turn: number,
    private readonly since: number | null,
  ) {}

  /** Null: nobody of that name follows anybody, or ever shared. `turn`: what was projected later is not looked at; nor what was by `since`. */
  static async open(
    manager: EntityManager,
    name: string,
    { turn, since }: { turn: number; since: number | null },
  ): Promise<FeedReader | null> {
    const [row] = await manager.query<{ id: number; name: string }[]>(
      'SELECT id, name FROM computed.feed_user WHERE name = $1',
      [storable(name)],
    );
    return row ? new FeedReader(manager, { name: row.name, number: row.id }, turn, since) : null;
  }

  async read(before: Place | null, end: Place | null, count: number): Promise<Stretch> {
    const given = [
      this.user.number,
      this.turn,
      before ? new Date(before.at) : 'infinity',
      before?.tie ?? 0,
      end ? new Date(end.at) : '-infinity',
      end?.tie ?? 0,
      count,
    ];
    const rows = await this.manager.query<{ at: Date; tie: string; key: string | null }[]>(
      this.since === null ? placesSql : newPlacesSql,
      this.since === null ? given : [...given, this.since],
    );
    const keys = [...new Set(rows.flatMap(({ key }) => key ?? []))];
    const places = rows.map(({ at, tie, key }) => ({ at: at.getTime(), tie, objectKey: key ?? '' }));
    return { places, isLast: rows.length < count, objects: await this.objects(keys) };
  }

  /** Of each object that anybody whom the user follows shared: all their shares. */
  async objects(keys: readonly string[]): Promise<Map<string, Shared>> {
    if (keys.length === 0) return new Map();
    const links = await this.manager.query<LinkRow[]>(sharesOfObjectsSql, [this.user.number, this.turn, keys]);
    const shares = sharesOf(links);
    const hiding = await this.hiding(shares);
    const feedback = await this.feedback(keys);
    return new Map(
      [...Map.groupBy(shares, ({ objectKey }) => objectKey)].map(([key, some]) => {
        return [key, { shares: some, visible: some.filter((share) => !hiding(share)), feedback: feedback(key) }];
      }),
    );
  }

  /** Tells of each of these shares why the user doesn't see it; null: they do. */
  async hiding(shares: readonly Share[]): Promise<Hiding> {
    const people = new Set(shares.flatMap(({ author, chain }) => [author, ...chain.map((link) => link.author)]));
    const rows = await this.manager.query<(Bond & { name: string })[]>(bondsSql, [this.user.number, [...people]]);
    const bonds = new Map(rows.map((row) => [row.name, row]));
    return (share) => hiddenBecause(share, this.user.name, (author) => bonds.get(author)!);
  }

  private async feedback(keys: readonly string[]): Promise<(key: string) => ItemFeedback> {
    const rows = await this.manager.query<{ key: string; slot: number; is_on: boolean }[]>(itemFeedbackSql, [
      this.user.number,
      keys,
    ]);
    const said = new Map(rows.map(({ key, slot, is_on }) => [`${key} ${slot}`, is_on]));
    return (key) => {
      const of = (kind: keyof typeof feedbackSlots) => said.get(`${key} ${feedbackSlots[kind]}`);
      return {
        seen: of('seen') === true,
        hidden: of('hide') === true,
        less: of('less') ?? null,
      };
    };
  }
}

function sharesOf(links: readonly LinkRow[]): Share[] {
  const shares: (Share & { chain: Share['chain'][number][] })[] = [];
  for (const { author, source, id, audience, retracted, at, tie, key, object, text } of links) {
    const link = { author, source, id, audience, retracted };
    if (at === null) shares.at(-1)!.chain.push(link);
    else shares.push({ ...link, at: at.getTime(), tie, objectKey: key, object, text, chain: [] });
  }
  return shares;
}
