import type { DataSource } from 'typeorm';
import { storable } from '../storable.js';

/** An entry of the audit log, with the name that its actor has now. */
export interface AuditEntry {
  id: string;
  at: Date;
  actor: string;
  /** Of the key or the person; null: it is neither, or gone. */
  actorName: string | null;
  action: string;
  subject: string;
  facts: unknown;
}

export interface AuditFilter {
  actor?: string;
  action?: string;
  subject?: string;
  /** ms since the epoch; until is exclusive. */
  since?: number;
  until?: number;
}

/** The last entry that was read: what comes next is older. */
export interface AuditPosition {
  at: number;
  id: string;
}

/** Entries newest first, at most `limit`, from behind `after`. */
export async function readAuditLog(
  database: DataSource,
  filter: AuditFilter,
  limit: number,
  after: AuditPosition | null = null,
): Promise<AuditEntry[]> {
  const values: unknown[] = [limit];
  const where: string[] = [];
  const add = (condition: (parameter: string) => string, value: unknown) => {
    if (value !== undefined) where.push(condition(`$${values.push(value)}`));
  };
  add((value) => `l.actor = ${value}`, text(filter.actor));
  add((value) => `l.action = ${value}`, text(filter.action));
  add((value) => `l.subject = ${value}`, text(filter.subject));
  add((value) => `l.at >= ${value}`, time(filter.since));
  add((value) => `l.at < ${value}`, time(filter.until));
  if (after) where.push(`(l.at, l.id) < ($${values.push(new Date(after.at))}, $${values.push(after.id)}::bigint)`);
  return database.query<AuditEntry[]>(
    `SELECT l.id, l.at, l.actor, coalesce(k.name, p.name) AS "actorName", l.action, l.subject, l.facts
     FROM (SELECT * FROM decided.audit_log AS l ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
           ORDER BY l.at DESC, l.id DESC LIMIT $1) AS l
     LEFT JOIN decided.api_key AS k ON k.id = l.actor LEFT JOIN decided.person AS p ON p.id = l.actor
     ORDER BY l.at DESC, l.id DESC`,
    values,
  );
}

const text = (value: string | undefined) => (value === undefined ? undefined : storable(value));
const time = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms));
