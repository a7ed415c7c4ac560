import type { DataSource } from 'typeorm';
import { StorageError } from '../errors.js';
import { storable } from '../storable.js';
import type { AlertState, AlertWire, Severity } from './alert.js';
import { type AlertRow, alertColumns, alertWire, type EvidenceRow, evidenceWire } from './alert-row.js';

/** What to list. All that is given must hold. */
export interface AlertFilter {
  /** Left out: every state but `merged`. */
  state?: AlertState;
  severity?: Severity;
  /** True: only those of rules in shadow. Left out, or false: only the others. */
  shadow?: boolean;
  /** A rule's id or name. */
  rule?: string;
  /** A group's `field:value`, or just the value. */
  group?: string;
  owner?: string;
  /** Opened at or after, ms since the epoch. */
  since?: number;
  /** Opened before, ms since the epoch. */
  until?: number;
  /** Part of a group's value, or of a rule's name or title; case does not matter. */
  q?: string;
  /** Where the page before ended. */
  cursor?: string;
  /** Default 50, at most 200. */
  limit?: number;
}

export interface AlertPage {
  items: AlertWire[];
  next: string | null;
}

const PAGE_ALERTS_DEFAULT = 50;
const PAGE_ALERTS_MAX = 200;
const STREAM_ALERTS = 500;

const fromAlerts = `SELECT ${alertColumns} FROM computed.alert a LEFT JOIN decided.triage t ON t.alert_id = a.id`;

/**
 * Newest first, by when they opened. Pages do not overlap and leave nothing out while alerts come in: new ones are
 * before the first page. Rejects with CURSOR_INVALID.
 */
export async function listAlerts(database: DataSource, filter: AlertFilter = {}): Promise<AlertPage> {
  const limit = Math.min(Math.max(filter.limit ?? PAGE_ALERTS_DEFAULT, 1), PAGE_ALERTS_MAX);
  const { where, parameters } = conditions(filter);
  const rows = await database.query<AlertRow[]>(
    `${fromAlerts} WHERE ${where} ORDER BY a.opened_at DESC, a.id DESC LIMIT ${limit + 1}`,
    parameters,
  );
  const items = rows.slice(0, limit).map(alertWire);
  return { items, next: rows.length > limit ? cursorAt(items[limit - 1]) : null };
}

/** One alert with its evidence in order of time, or null. */
export async function getAlert(database: DataSource, id: string): Promise<AlertWire | null> {
  // One snapshot, lest a revision comes between an alert and its evidence.
  return database.transaction('REPEATABLE READ', async (manager) => {
    const [row] = await manager.query<AlertRow[]>(`${fromAlerts} WHERE a.id = $1`, [storable(id)]);
    if (!row) return null;
    const evidence = await manager.query<EvidenceRow[]>(
      `SELECT topic, partition, "offset", time, event FROM computed.alert_evidence WHERE alert_id = $1
       ORDER BY time, topic, partition, "offset"`,
      [row.id],
    );
    return { ...alertWire(row), evidence: evidence.map(evidenceWire) };
  });
}

/** Every alert, merged ones too, in order of id, without evidence: for an audit. Holds a page in memory. */
export async function* streamAlerts(database: DataSource): AsyncGenerator<AlertWire> {
  for (let after = ''; ; ) {
    const rows = await database.query<AlertRow[]>(
      `${fromAlerts} WHERE a.id > $1 ORDER BY a.id LIMIT ${STREAM_ALERTS}`,
      [after],
    );
    yield* rows.map(alertWire);
    if (rows.length < STREAM_ALERTS) return;
    after = rows[rows.length - 1].id;
  }
}

function conditions(filter: AlertFilter): { where: string; parameters: unknown[] } {
  const terms: string[] = [];
  const parameters: unknown[] = [];
  const bind = (value: unknown) => `$${parameters.push(typeof value === 'string' ? storable(value) : value)}`;
  terms.push(filter.state ? `a.state = ${bind(filter.state)}` : `a.state <> 'merged'`);
  terms.push(`a.shadow = ${bind(filter.shadow ?? false)}`);
  if (filter.severity) terms.push(`a.severity = ${bind(filter.severity)}`);
  if (filter.rule) {
    const rule = bind(filter.rule);
    terms.push(`(a.rule_id = ${rule} OR a.rule_name = ${rule})`);
  }
  if (filter.group) terms.push(`a.group_terms @> ARRAY[${bind(filter.group)}]`);
  if (filter.owner) terms.push(`t.owner = ${bind(filter.owner)}`);
  if (filter.since !== undefined) terms.push(`a.opened_at >= ${bind(new Date(filter.since))}`);
  if (filter.until !== undefined) terms.push(`a.opened_at < ${bind(new Date(filter.until))}`);
  if (filter.q) {
    const pattern = bind(`%${filter.q.replaceAll(/[\\%_]/g, '\\$&')}%`);
    terms.push(`(a.group_text ILIKE ${pattern} OR a.rule_name ILIKE ${pattern} OR a.rule_title ILIKE ${pattern})`);
  }
  if (filter.cursor !== undefined) {
    const { openedAt, id } = readCursor(filter.cursor);
    terms.push(`(a.opened_at, a.id) < (${bind(new Date(openedAt))}, ${bind(id)})`);
  }
  return { where: terms.join(' AND '), parameters };
}

function cursorAt(last: AlertWire): string {
  return Buffer.from(`${last.openedAt} ${last.id}`).toString('base64url');
}

function readCursor(cursor: string): { openedAt: string; id: string } {
  const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (.+)$/s.exec(Buffer.from(cursor, 'base64url').toString());
  if (found && !Number.isNaN(Date.parse(found[1]))) return { openedAt: found[1], id: found[2] };
  throw new StorageError('CURSOR_INVALID', 'That cursor is not one of ours. Start again without it.', { cursor });
}
