export { addBallots, type BallotSums, indexOf, noBallots } from './ballot-sums.js';
export { type Choice, type CountedChoice, choiceOf, essenceOf, saysOf } from './choice.js';
export { type Duels, duelsOf } from './duels.js';
export { FADED_HALF_LIVES, faded, heft, type Slot, slotOf, slotOfStep } from './fading.js';
export { fairShares, type HeldBack } from './fair-shares.js';
export type { Judged } from './judged.js';
export { type Method, type Mode, methods, modes } from './methods.js';
export {
  isDue,
  isEliminationMode,
  isIn,
  judge,
  type Narrowing,
  type Stage,
  type Step,
  stageAfter,
} from './narrowing.js';
export { type Belief, belief, bestPairs, choosePair, gainOf, type PairGain, pairKey } from './next-pair.js';
export { type Ranked, ranked } from './ranks.js';
export { Z95 } from './scored.js';
export type { DecayedChoice } from './trending.js';
