export type {
  AlertEvidence,
  AlertState,
  AlertWire,
  EvidenceReference,
  Severity,
} from './alerts/alert.js';
export {
  type AlertChange,
  type AlertFeed,
  type AlertFeedOptions,
  alertsSince,
  newestChange,
  openAlertFeed,
} from './alerts/alert-feed.js';
export { type AlertRecord, applyAlerts } from './alerts/apply-alerts.js';
export type { AlertFilter } from './alerts/filter-alerts.js';
export { knownEpisodes } from './alerts/known-episodes.js';
export { type MarkedAlert, markedAlerts } from './alerts/marked-alerts.js';
export type { Page } from './alerts/page.js';
export { type AlertListing, type AlertPage, getAlert, listAlerts, streamAlerts } from './alerts/read-alerts.js';
export { type ShadowAlerts, shadowAlerts } from './alerts/shadow-alerts.js';
export { type AuditEntry, type AuditFilter, type AuditPosition, readAuditLog } from './audit/read-audit.js';
export { writeAudit } from './audit/write-audit.js';
export { applyContests, type ContestEvent, type ContestRecord } from './contests/apply-contests.js';
export { type Contest, type ContestChange, ContestStore } from './contests/contest-store.js';
export {
  castVotes,
  contestsVersion,
  discountedVotes,
  liveVote,
  type Moment,
  pastVersions,
  readContest,
  votesReached,
} from './contests/read-contests.js';
export { exposures, judgedPairs, lastExposure } from './contests/read-exposures.js';
export { readTallies } from './contests/read-tallies.js';
export { readTrending, type TrendingEntry } from './contests/read-trending.js';
export { settleContests } from './contests/settle-contests.js';
export { type NewStep, type StepRequest, StepStore, type StoredStep, type Taken } from './contests/step-store.js';
export { copyDecided } from './database/copy-decided.js';
export { type DatabaseOptions, openDatabase } from './database/open-database.js';
export {
  applyDecisions,
  closeBites,
  type DecisionsApplied,
  type RecordedAlert,
} from './decisions/apply-decisions.js';
export { Bouncers, bouncersAsked, forgetBouncers } from './decisions/bouncers.js';
export { DecisionLedger } from './decisions/decision-ledger.js';
export { DecisionStore, type NewDecision } from './decisions/decision-store.js';
export type { GuardBite } from './decisions/guard-bite.js';
export {
  type DecisionPage,
  type DecisionQuery,
  type DecisionState,
  type ListedDecision,
  listDecisions,
} from './decisions/read-decisions.js';
export type { StorageError, StorageErrorCode } from './errors.js';
export { applyFeeds, type FeedEvent, type FeedRecord, type InboxOptions, objectKeyOf } from './feeds/apply-feeds.js';
export { FeedReader, type FeedTurn, feedTurn, type Hiding, newsFor, readFeeds } from './feeds/feed-reader.js';
export { interactionsOf, suspicionsOf } from './feeds/ranking-facts.js';
export { rebuildInbox } from './feeds/rebuild-inbox.js';
export { type FixtureHead, FixtureStore, type StoredFixture } from './fixtures/fixture-store.js';
export { answerTo, keepAnswer, once } from './idempotency/once.js';
export { getIncident, type IncidentListing, type IncidentWire, listIncidents } from './incidents/read-incidents.js';
export { type KeyStoreOptions, openKeyStore } from './keys/key-store.js';
export { applyTransitions, type Put, type TransitionRecord } from './notifications/apply-transitions.js';
export { type Delivery, type DeliveryFilter, listDeliveries, redeliver } from './notifications/deliveries.js';
export {
  type ClaimedMessage,
  claimMessages,
  dueTargets,
  type Failing,
  markDead,
  markDelivered,
  markFailed,
  pauseTarget,
  prune,
  putFiring,
  waitingCounts,
} from './notifications/outbox.js';
export { expireReceived } from './notifications/received.js';
export { type StoredTarget, WebhookStore } from './notifications/webhook-store.js';
export type { Progress } from './positions/advance.js';
export { claimPositions, movePositions, type ProjectionPosition } from './positions/positions.js';
export { checkEmbeddedPostgres } from './postgres/check.js';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  type PostgresEvent,
  startEmbeddedPostgres,
} from './postgres/embedded.js';
export { type ProjectionName, projections } from './projections/catalogue.js';
export { projectedRows, projectionPositions } from './projections/read-projections.js';
export { type Rebuild, rebuild } from './projections/rebuild.js';
export type { RuleAction, RuleSource, RuleState, RuleText, RuleVersion, StoredRule } from './rules/rule.js';
export { listenForRules } from './rules/rule-feed.js';
export { type Expected, RuleStore } from './rules/rule-store.js';
export { PostgresSessions } from './sessions/session-store.js';
export { holdsUntil, type NewSilence, type Silence, type SilenceKind } from './silences/silence.js';
export { activeSilences, type FileSilence, SilenceStore } from './silences/silence-store.js';
export { PostgresSnapshots } from './snapshots/postgres-snapshots.js';
export {
  type Triage,
  type TriageAction,
  type TriageChange,
  type TriageStatus,
  type TriageStep,
  triageStatuses,
  type Verdict,
  verdicts,
} from './triage/triage.js';
export { SELECTION_ALERTS_MAX, type Selection, type SelectionTriaged, TriageStore } from './triage/triage-store.js';
