export type {
  AlertEvidence,
  AlertState,
  AlertWire,
  EvidenceReference,
  Severity,
  Triage,
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
export { type AlertFilter, type AlertPage, getAlert, listAlerts, streamAlerts } from './alerts/read-alerts.js';
export { type ShadowAlerts, shadowAlerts } from './alerts/shadow-alerts.js';
export { type DatabaseOptions, openDatabase } from './database/open-database.js';
export type { StorageError, StorageErrorCode } from './errors.js';
export { type KeyStoreOptions, openKeyStore } from './keys/key-store.js';
export { claimPositions, movePosition, type ProjectionPosition } from './positions/positions.js';
export { checkEmbeddedPostgres } from './postgres/check.js';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  type PostgresEvent,
  startEmbeddedPostgres,
} from './postgres/embedded.js';
export type { RuleAction, RuleSource, RuleState, RuleText, RuleVersion, StoredRule } from './rules/rule.js';
export { listenForRules } from './rules/rule-feed.js';
export { type Expected, RuleStore } from './rules/rule-store.js';
export { PostgresSnapshots } from './snapshots/postgres-snapshots.js';
