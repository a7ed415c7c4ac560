import { AlertEntity } from '../alerts/alert.entity.js';
import { AlertEvidenceEntity } from '../alerts/alert-evidence.entity.js';
import { AuditLogEntity } from '../audit/audit-log.entity.js';
import { ApiKeyEntity } from '../keys/api-key.entity.js';
import { ProjectionPositionEntity } from '../positions/projection-position.entity.js';
import { RuleEntity } from '../rules/rule.entity.js';
import { RuleChangeEntity } from '../rules/rule-change.entity.js';
import { SnapshotEntity } from '../snapshots/snapshot.entity.js';
import { SnapshotChunkEntity } from '../snapshots/snapshot-chunk.entity.js';
import { TriageEntity } from '../triage/triage.entity.js';

/** Computed from the log: a rebuild may drop and refill them. */
const computed = [ProjectionPositionEntity, AlertEntity, AlertEvidenceEntity, SnapshotEntity, SnapshotChunkEntity];

/** Decided by people: nothing but their requests writes here. */
const decided = [TriageEntity, ApiKeyEntity, AuditLogEntity, RuleEntity, RuleChangeEntity];

export const entities = [...computed, ...decided];
