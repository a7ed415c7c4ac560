import type { EntityManager } from 'typeorm';
import { storable } from '../storable.js';
import type { AuditLogEntity } from './audit-log.entity.js';

/** Notes a change, in the transaction that makes it. */
export async function writeAudit(manager: EntityManager, entry: Omit<AuditLogEntity, 'id'>): Promise<void> {
  await manager.query('INSERT INTO decided.audit_log (at, actor, action, subject, facts) VALUES ($1, $2, $3, $4, $5)', [
    entry.at,
    entry.actor,
    entry.action,
    entry.subject,
    JSON.stringify(entry.facts, (_, value: unknown) => (typeof value === 'string' ? storable(value) : value)),
  ]);
}
