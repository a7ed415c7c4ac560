import Type, { type Static } from 'typebox';
import type { Item, RankedItem, Suspicion } from '#libs/feed';

const instant = Type.String({ format: 'date-time' });
/** So many of those who shared an item are named. */
const SHARERS_NAMED = 5;

const Sharer = Type.Object({
  user: Type.String(),
  at: instant,
  source: Type.String({ description: 'With `id`: the event, as `retract` and `via` name it' }),
  id: Type.String(),
  text: Type.Union([Type.String(), Type.Null()]),
  via: Type.Union([Type.String(), Type.Null()], { description: 'Whose share it passed on' }),
  demotedBy: Type.Array(Type.Object({ rule: Type.String(), alert: Type.String() }), {
    description: 'Open alerts against the sharer',
  }),
});

export const FeedItem = Type.Object({
  id: Type.String({ description: 'The object’s' }),
  object: Type.Object({
    id: Type.String(),
    type: Type.Optional(Type.String()),
    url: Type.Optional(Type.String()),
    title: Type.Optional(Type.String()),
  }),
  at: instant,
  sharers: Type.Array(Sharer, {
    description: `The newest ${SHARERS_NAMED} of those who shared it; ranked: first the one that the score is of`,
  }),
  others: Type.Integer({ description: 'How many more shared it' }),
  seen: Type.Boolean(),
  score: Type.Union([Type.Number(), Type.Null()], { description: 'Null: by time' }),
});
export type FeedItem = Static<typeof FeedItem>;

export const FeedPage = Type.Object({
  items: Type.Array(FeedItem),
  next: Type.Union([Type.String(), Type.Null()]),
  since: Type.String({ description: 'With `?since=` of this, what is new after this page' }),
});
export type FeedPage = Static<typeof FeedPage>;

export type Suspicions = ReadonlyMap<string, readonly Suspicion[]>;

/** `ranked`: null where items come by time. */
export function itemWire(item: Item, suspicions: Suspicions, ranked: RankedItem | null): FeedItem {
  // Of each sharer the newest share.
  const bySharer = new Map(item.visible.toReversed().map((share) => [share.author, share]));
  const sharers = [...bySharer.values()].reverse();
  const lead = sharers.find(({ author }) => author === ranked?.sharer);
  const named = (lead ? [lead, ...sharers.filter((share) => share !== lead)] : sharers).slice(0, SHARERS_NAMED);
  const [{ object, at }] = item.visible;
  return {
    id: object.id,
    object,
    at: new Date(at).toISOString(),
    sharers: named.map(({ author, at: sharedAt, source, id, text, chain }) => ({
      user: author,
      at: new Date(sharedAt).toISOString(),
      source,
      id,
      text,
      via: chain[0]?.author ?? null,
      demotedBy: [...(suspicions.get(author) ?? [])],
    })),
    others: sharers.length - named.length,
    seen: item.feedback.seen,
    score: ranked?.score ?? null,
  };
}
