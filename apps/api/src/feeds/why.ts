import Type, { type Static } from 'typebox';
import type { Factors, Interest, RankedItem, RankingFacts, Shared } from '#libs/feed';
import type { Hiding } from '#libs/storage';

const instant = Type.String({ format: 'date-time' });

export const Why = Type.Object({
  id: Type.String({ description: 'The item’s' }),
  shown: Type.Boolean(),
  score: Type.Union([Type.Number(), Type.Null()], { description: 'The product of the factors; null: it has none' }),
  factors: Type.Array(Type.Object({ name: Type.String(), value: Type.Number(), because: Type.String() })),
  hidden: Type.Boolean({ description: 'The user hid the item itself' }),
  shares: Type.Array(
    Type.Object({
      user: Type.String(),
      at: instant,
      source: Type.String(),
      id: Type.String(),
      hidden: Type.Union(
        [
          Type.Object({
            why: Type.Enum(['retracted', 'blocked', 'muted', 'audience', 'chain-too-long']),
            user: Type.String({
              description: 'Whose share it is that hides it: the sharer’s, or one that it passes on',
            }),
          }),
          Type.Null(),
        ],
        { description: 'Null: the user sees it' },
      ),
    }),
  ),
});
export type Why = Static<typeof Why>;

/** `ranked`: null where the item has no score. */
export function whyWire(
  id: string,
  shared: Shared,
  hiding: Hiding,
  ranked: RankedItem | null,
  facts: RankingFacts,
): Why {
  return {
    id,
    shown: shared.visible.length > 0 && !shared.feedback.hidden,
    score: ranked?.score ?? null,
    factors: ranked ? factorsOf(ranked, facts) : [],
    hidden: shared.feedback.hidden,
    shares: shared.shares.map((share) => {
      const hidden = hiding(share);
      return {
        user: share.author,
        at: new Date(share.at).toISOString(),
        source: share.source,
        id: share.id,
        hidden: hidden && { why: hidden.why, user: hidden.author },
      };
    }),
  };
}

function factorsOf({ item, sharer, before, factors }: RankedItem, facts: RankingFacts): Why['factors'] {
  const { liked, disliked }: Interest = facts.interests.get(sharer) ?? { liked: 0, disliked: 0 };
  const alerts = facts.suspicions.get(sharer) ?? [];
  const hours = (ms: number) => `${(ms / 3_600_000).toFixed(1)} h`;
  const { seen, less } = item.feedback;
  const said = [...(seen ? ['seen'] : []), ...(less === null ? [] : [less ? 'less wanted' : 'more wanted'])];
  const because: Record<keyof Factors, string> = {
    affinity: `what the user passed on, opened or wanted more of ${sharer}, as it fades: ${liked.toFixed(2)}`,
    hiddenBefore: `what the user hid or wanted less of ${sharer}, as it fades: ${disliked.toFixed(2)}`,
    demotion:
      alerts.length > 0
        ? `open alerts against ${sharer}: ${alerts.map(({ rule, alert }) => `${rule} (${alert})`).join(', ')}`
        : `no open alert speaks against ${sharer}`,
    recency: `${hours(Math.max(0, facts.now - item.visible[0].at))} old; it halves every ${hours(facts.halfLifeMs)}`,
    feedback: said.length > 0 ? `the user said of it: ${said.join(', ')}` : 'the user said nothing of it',
    diversity: `items of ${sharer} that come before it in its stretch: ${before}`,
  };
  return (Object.keys(because) as (keyof Factors)[]).map((name) => ({
    name,
    value: factors[name],
    because: because[name],
  }));
}
