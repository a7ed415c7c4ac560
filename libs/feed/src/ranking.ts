import { byNewest } from './place.js';
import type { Item } from './timeline.js';

/** What a user did about somebody's shares, each time weighed, and fading. */
export interface Interest {
  /** Re-shared, opened, asked for more. */
  liked: number;
  /** Hidden, asked for less. */
  disliked: number;
}

/** An open alert that speaks against somebody who shares. */
export interface Suspicion {
  rule: string;
  alert: string;
}

export interface RankingFacts {
  /** ms: what ages are counted from. */
  now: number;
  /** After so long an item weighs half. */
  halfLifeMs: number;
  interests: ReadonlyMap<string, Interest>;
  suspicions: ReadonlyMap<string, readonly Suspicion[]>;
}

/** What a score is the product of, in the order in which they are told. */
export interface Factors {
  /** The more of the sharer's was liked: 1 where nothing is known. */
  affinity: number;
  /** The more of the sharer's was hidden, the less. */
  hiddenBefore: number;
  /** Under an open alert: a tenth. */
  demotion: number;
  recency: number;
  /** What the user said of the item itself. */
  feedback: number;
  /** Each further item of one sharer in a chunk weighs less. */
  diversity: number;
}

export interface RankedItem {
  item: Item;
  /** Of those who shared it the one who weighs most: the factors are theirs. */
  sharer: string;
  /** Items of the same sharer that come before it in its chunk. */
  before: number;
  score: number;
  factors: Factors;
}

const demoted = 0.1;
const diversityStep = 0.7;
const feedbackWeights = { seen: 0.3, less: 0.5, more: 1.5 };
/** What is older weighs no less, or it would come to nothing; then newer comes first. */
const halvingsMax = 60;

/** Highest score first; of two that are alike the newer. */
export function rank(items: readonly Item[], facts: RankingFacts): RankedItem[] {
  const ranked = items.map((item) => weigh(item, facts)).sort(byScore);
  const met = new Map<string, number>();
  for (const one of ranked) {
    one.before = met.get(one.sharer) ?? 0;
    met.set(one.sharer, one.before + 1);
    one.factors.diversity = diversityStep ** one.before;
    one.score = product(one.factors);
  }
  return ranked.sort(byScore);
}

const byScore = (a: RankedItem, b: RankedItem): number => b.score - a.score || byNewest(a.item.place, b.item.place);

function weigh(item: Item, facts: RankingFacts): RankedItem {
  const sharers = [...new Set(item.visible.map(({ author }) => author))].map((sharer) => {
    const weights = weightsOf(sharer, facts);
    return { sharer, weights, weight: weights.affinity * weights.hiddenBefore * weights.demotion };
  });
  // The newest of those who weigh the same.
  const { sharer, weights } = sharers.reduce((best, one) => (one.weight > best.weight ? one : best));
  const { seen, less } = item.feedback;
  const factors: Factors = {
    ...weights,
    recency: 0.5 ** Math.min(halvingsMax, Math.max(0, facts.now - item.visible[0].at) / facts.halfLifeMs),
    feedback:
      (seen ? feedbackWeights.seen : 1) * (less === null ? 1 : less ? feedbackWeights.less : feedbackWeights.more),
    diversity: 1,
  };
  return { item, sharer, before: 0, score: product(factors), factors };
}

function weightsOf(sharer: string, { interests, suspicions }: RankingFacts) {
  const { liked, disliked } = interests.get(sharer) ?? { liked: 0, disliked: 0 };
  return {
    affinity: 1 + Math.log2(1 + liked),
    hiddenBefore: 1 / (1 + disliked),
    demotion: suspicions.has(sharer) ? demoted : 1,
  };
}

function product({ affinity, hiddenBefore, demotion, recency, feedback, diversity }: Factors): number {
  return affinity * hiddenBefore * demotion * recency * feedback * diversity;
}
