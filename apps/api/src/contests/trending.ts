import Type, { type Static } from 'typebox';

/** Seconds after which a vote weighs half. */
export const windows = { '1h': 3_600, '1d': 86_400, '7d': 604_800 } as const;
export type Window = keyof typeof windows;

const trendingModes = ['approval', 'trending'] as const;
export type TrendingMode = (typeof trendingModes)[number];

export const TrendingQuery = Type.Object({
  window: Type.Optional(
    Type.Enum(Object.keys(windows) as Window[], { default: '1d', description: 'After so long a vote weighs half' }),
  ),
  type: Type.Optional(
    Type.Enum([...trendingModes], { description: 'Mode of the contests. Default: all in which entries are voted for' }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
});

const text = Type.Union([Type.String(), Type.Null()]);

export const Trending = Type.Object({
  window: Type.Enum(Object.keys(windows) as Window[]),
  type: Type.Union([Type.Enum([...trendingModes]), Type.Null()]),
  items: Type.Array(
    Type.Object({
      rank: Type.Integer(),
      contest: Type.Object({ id: Type.String(), title: Type.String() }),
      entry: Type.String(),
      title: text,
      actor: text,
      score: Type.Number({ description: 'Yes less no, each vote faded by its age; without those that are discounted' }),
      low: Type.Number({ description: 'The score is between the limits with 95 % confidence' }),
      high: Type.Number(),
    }),
  ),
  shares: Type.Object(
    { contest: Type.Integer(), actor: Type.Integer() },
    { description: 'So many of `limit` are of one contest, of one actor, at most' },
  ),
  heldBack: Type.Array(
    Type.Object({
      because: Type.Enum(['contest', 'actor']),
      of: Type.String({ description: 'Whose share was full' }),
      entries: Type.Integer({ description: 'So many would have been listed before the last one that is' }),
    }),
    { description: 'Of each contest, its first 100 entries are looked at' },
  ),
});
export type Trending = Static<typeof Trending>;
