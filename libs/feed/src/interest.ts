import type { Interest } from './ranking.js';

/** Something that a user did about somebody's share. */
export interface Interaction {
  sharer: string;
  kind: 'reshare' | 'open' | 'more' | 'hide' | 'less';
  /** ms */
  at: number;
}

/** After so long an interaction counts half. */
const halfLifeMs = 30 * 86_400_000;
const liked = { reshare: 3, more: 2, open: 1, hide: 0, less: 0 };
const disliked = { reshare: 0, more: 0, open: 0, hide: 1, less: 2 };

/** What a user's interactions come to, by sharer. Their order means nothing. */
export function interestsOf(interactions: readonly Interaction[], now: number): Map<string, Interest> {
  const bySharer = Map.groupBy(interactions, ({ sharer }) => sharer);
  return new Map(
    [...bySharer].map(([sharer, all]) => {
      const sum = (weights: Readonly<Record<Interaction['kind'], number>>) =>
        all.reduce((total, { kind, at }) => total + weights[kind] * 0.5 ** (Math.max(0, now - at) / halfLifeMs), 0);
      return [sharer, { liked: sum(liked), disliked: sum(disliked) }];
    }),
  );
}
