export { type AllowEntry, DecisionBook, type DecisionFilter } from './book.js';
export {
  canonicalScope,
  type Decision,
  type DecisionType,
  decisionTypes,
  type GuardReason,
  isOfAddresses,
  manualSubject,
  numberOf,
  originOf,
  uuidOf,
} from './decision.js';
export { goDuration } from './go-duration.js';
export { beyondMany, type Forbidden, forbidden, type GuardOptions, guardRule } from './guard.js';
export { packHeld, pull, rememberedMs, unpackHeld } from './pull.js';
export { type Target, targetOf } from './target.js';
