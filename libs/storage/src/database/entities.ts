import { AlertEntity } from '../alerts/alert.entity.js';
import { AlertEvidenceEntity } from '../alerts/alert-evidence.entity.js';
import { AlertKindEntity } from '../alerts/alert-kind.entity.js';
import { AuditLogEntity } from '../audit/audit-log.entity.js';
import { ContestEntity } from '../contests/contest.entity.js';
import { ContestBallotsEntity } from '../contests/contest-ballots.entity.js';
import { ContestEntryEntity } from '../contests/contest-entry.entity.js';
import { ContestFadingEntity } from '../contests/contest-fading.entity.js';
import { ContestStaleEntity } from '../contests/contest-stale.entity.js';
import { ContestStepEntity } from '../contests/contest-step.entity.js';
import { ContestSuspectEntity } from '../contests/contest-suspect.entity.js';
import { ContestTallyEntity } from '../contests/contest-tally.entity.js';
import { ContestVoteEntity } from '../contests/contest-vote.entity.js';
import { ExposureEntity } from '../contests/exposure.entity.js';
import { RetractionEntity } from '../contests/retraction.entity.js';
import { BouncerEntity } from '../decisions/bouncer.entity.js';
import { DecisionEntity } from '../decisions/decision.entity.js';
import { DecisionLiftEntity } from '../decisions/decision-lift.entity.js';
import { GuardBiteEntity } from '../decisions/guard-bite.entity.js';
import { ManualDecisionEntity } from '../decisions/manual-decision.entity.js';
import { FeedFeedbackEntity } from '../feeds/feed-feedback.entity.js';
import { FeedInboxEntity } from '../feeds/feed-inbox.entity.js';
import { FeedPulledEntity } from '../feeds/feed-pulled.entity.js';
import { FeedTurnEntity } from '../feeds/feed-turn.entity.js';
import { FeedUserEntity } from '../feeds/feed-user.entity.js';
import { RelationEntity } from '../feeds/relation.entity.js';
import { ShareEntity } from '../feeds/share.entity.js';
import { ShareRetractionEntity } from '../feeds/share-retraction.entity.js';
import { FixtureEntity } from '../fixtures/fixture.entity.js';
import { AnsweredRequestEntity } from '../idempotency/answered-request.entity.js';
import { IncidentRunEntity } from '../incidents/incident-run.entity.js';
import { IncidentSumEntity } from '../incidents/incident-sum.entity.js';
import { ApiKeyEntity } from '../keys/api-key.entity.js';
import { ConversationEntity } from '../notifications/conversation.entity.js';
import { FailingEntity } from '../notifications/failing.entity.js';
import { OutboxEntity } from '../notifications/outbox.entity.js';
import { PauseEntity } from '../notifications/pause.entity.js';
import { ReceivedEntity } from '../notifications/received.entity.js';
import { SentAlertEntity } from '../notifications/sent-alert.entity.js';
import { WebhookEntity } from '../notifications/webhook.entity.js';
import { ProjectionPositionEntity } from '../positions/projection-position.entity.js';
import { RuleEntity } from '../rules/rule.entity.js';
import { RuleChangeEntity } from '../rules/rule-change.entity.js';
import { PersonEntity } from '../sessions/person.entity.js';
import { SessionEntity } from '../sessions/session.entity.js';
import { HeldAlertEntity } from '../silences/held-alert.entity.js';
import { SilenceEntity } from '../silences/silence.entity.js';
import { SnapshotEntity } from '../snapshots/snapshot.entity.js';
import { SnapshotChunkEntity } from '../snapshots/snapshot-chunk.entity.js';
import { TriageEntity } from '../triage/triage.entity.js';
import { TriageChangeEntity } from '../triage/triage-change.entity.js';

/** Computed from the log: a rebuild may drop and refill them. */
const computed = [
  ProjectionPositionEntity,
  AlertEntity,
  AlertEvidenceEntity,
  AlertKindEntity,
  IncidentRunEntity,
  IncidentSumEntity,
  SnapshotEntity,
  SnapshotChunkEntity,
  HeldAlertEntity,
  DecisionEntity,
  GuardBiteEntity,
  ContestVoteEntity,
  ContestEntryEntity,
  RetractionEntity,
  ContestTallyEntity,
  ContestFadingEntity,
  ContestBallotsEntity,
  ContestSuspectEntity,
  ContestStaleEntity,
  ExposureEntity,
  FeedUserEntity,
  RelationEntity,
  ShareEntity,
  ShareRetractionEntity,
  FeedTurnEntity,
  FeedPulledEntity,
  FeedInboxEntity,
  FeedFeedbackEntity,
];

/** Decided by people: nothing but their requests writes here. */
const decided = [
  TriageEntity,
  TriageChangeEntity,
  AnsweredRequestEntity,
  ApiKeyEntity,
  AuditLogEntity,
  RuleEntity,
  RuleChangeEntity,
  FixtureEntity,
  SilenceEntity,
  ManualDecisionEntity,
  DecisionLiftEntity,
  BouncerEntity,
  WebhookEntity,
  PersonEntity,
  SessionEntity,
  ContestEntity,
  ContestStepEntity,
];

/** What was sent, and is to be sent: a rebuild must not touch it. */
const sent = [OutboxEntity, SentAlertEntity, ConversationEntity, ReceivedEntity, PauseEntity, FailingEntity];

export const entities = [...computed, ...decided, ...sent];
