import type { DataSource } from 'typeorm';
import { storable } from '../storable.js';
import type { AlertWire } from './alert.js';
import { type AlertRow, alertColumns, alertWire, type EvidenceRow, evidenceWire } from './alert-row.js';
import { type AlertFilter, Conditions, rulesOf } from './filter-alerts.js';
import { type Page, readPage } from './page.js';

/** What to list. */
export interface AlertListing extends AlertFilter {
  /** Where the page before ended. */
  cursor?: string;
  /** Default 50, at most 200. */
  limit?: number;
}

export type AlertPage = Page<AlertWire>;

const STREAM_ALERTS = 500;

const fromAlerts = `SELECT ${alertColumns} FROM computed.alert a`;

/**
 * Newest first, by when they opened. Pages do not overlap and leave nothing out while alerts come in: new ones are
 * before the first page. Rejects with CURSOR_INVALID.
 */
export async function listAlerts(database: DataSource, listing: AlertListing = {}): Promise<AlertPage> {
  const { cursor, limit, ...filter } = listing;
  const conditions = new Conditions();
  conditions.match(filter, await rulesOf(database, filter));
  return readPage({ cursor, limit }, conditions, async (tail) => {
    const where = conditions.where();
    const rows = await database.query<AlertRow[]>(`${fromAlerts} WHERE ${where} ${tail}`, conditions.parameters);
    return rows.map(alertWire);
  });
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
