export { eventTypeOf, eventTypes } from './catalogue.js';
export { type CloudEvent, encodeEvent } from './cloud-event.js';
export type { DeadLetter, DeadLetterOrigin } from './dead-letter.js';
export {
  type Decoded,
  type DecodedEvent,
  decodeEvent,
  type EventDefaults,
  type RejectCode,
  type Rejected,
} from './decode.js';
export type { DataProblem, EventType } from './event-type.js';
export { isAddress } from './fields.js';
export { letterFingerprint } from './fingerprint.js';
export { exceedsBytes, stringBytesMax } from './limits.js';
export {
  alertRecord,
  isCounted,
  receivedPrefix,
  type SystemAlert,
  systemAlert,
  uncountedPrefixes,
} from './system-alert.js';
export { daysSinceEpoch, parseTime } from './time.js';
export { topics } from './topics.js';
export { type Alert, alert } from './types/alert.js';
export { type ApiCall, apiCall } from './types/api-call.js';
export { type ContestEntry, contestEntry } from './types/contest-entry.js';
export { type Exposure, exposure } from './types/exposure.js';
export { type Feedback, feedback } from './types/feedback.js';
export { type Log, log } from './types/log.js';
export { type Login, login } from './types/login.js';
export { type MailReceipt, mailReceipt } from './types/mail-receipt.js';
export { type Metric, metric } from './types/metric.js';
export { type PageView, pageView } from './types/page-view.js';
export { type Relation, relation } from './types/relation.js';
export { type Retract, retract } from './types/retract.js';
export { type Search, search } from './types/search.js';
export { type Share, share } from './types/share.js';
export { type Vote, vote } from './types/vote.js';
