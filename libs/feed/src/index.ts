export { type FeedCursor, packKeys, unpackKeys } from './cursor.js';
export { type Interaction, interestsOf } from './interest.js';
export { findRanked, latestPage, type Page, rankedPage } from './page.js';
export { keyOf, type Place, shortKeyOf } from './place.js';
export {
  type Factors,
  type Interest,
  type RankedItem,
  type RankingFacts,
  rank,
  type Suspicion,
} from './ranking.js';
export { type Bond, CHAIN_MAX, type Share, viaOf } from './share.js';
export type { Item, ItemFeedback, Shared, Stretch, Timeline } from './timeline.js';
export { type Hidden, hiddenBecause } from './visibility.js';
