import type { DataSource } from 'typeorm';
import type { Severity } from '../alerts/alert.js';
import { type AlertFilter, Conditions, rulesOf } from '../alerts/filter-alerts.js';
import { type Page, readPage } from '../alerts/page.js';
import { storable } from '../storable.js';
import { summariesSql } from './summaries.sql.js';

/** Alerts of one cause, as the API shows them: times are RFC 3339. */
export interface IncidentWire {
  /** That of its first alert. */
  id: string;
  /** Open while one of its alerts is. */
  state: 'open' | 'closed';
  /** The highest of its alerts. */
  severity: Severity;
  openedAt: string;
  lastSeen: string;
  /** How many alerts it has, and how many of them are open. */
  alerts: number;
  open: number;
  /** Group of the first alert. */
  group: Record<string, unknown>;
  /** Names of the rules. */
  rules: string[];
  /** How many alerts are in which status. */
  triage: { new: number; acknowledged: number; closed: number };
}

/** Which incidents: those of which an alert matches all that is given; `state`, `since` and `until` are of the incident. */
export interface IncidentListing extends Omit<AlertFilter, 'state' | 'shadow'> {
  state?: 'open' | 'closed';
  cursor?: string;
  limit?: number;
}

type Row = Omit<IncidentWire, 'openedAt' | 'lastSeen' | 'state' | 'triage'> & {
  opened_at: Date;
  last_seen: Date;
  acknowledged: number;
  closed: number;
};

/** Up to so many that qualify are looked up one by one; where there are more, incidents are gone through from the newest. */
const FEW = 1_000;

/** Newest first, by when they opened. Rejects with CURSOR_INVALID. */
export async function listIncidents(database: DataSource, listing: IncidentListing = {}): Promise<Page<IncidentWire>> {
  const { cursor, limit, state, since, until, ...filter } = listing;
  const conditions = new Conditions();
  conditions.add(`a.state <> 'merged' AND NOT a.shadow AND NOT a.retro`);
  conditions.openedWithin(since, until);
  let few = false;
  if (state === 'open') few = await narrow(database, conditions, () => openOnes, '');
  if (state === 'closed')
    conditions.add(`NOT EXISTS (SELECT FROM ${openOnes} AND a.incident = incident.name OFFSET 0)`);
  if (Object.values(filter).some((value) => value !== undefined)) {
    const rules = await rulesOf(database, filter);
    const rowsOf = (parameters: unknown[]) => {
      const matching = new Conditions(parameters);
      matching.match(filter, rules);
      return `computed.alert a WHERE a.incident IS NOT NULL AND ${matching.where()}`;
    };
    // In an order that indexes have: of those that are many the whole table would be read for the first.
    few = (await narrow(database, conditions, rowsOf, 'ORDER BY a.opened_at DESC, a.id DESC')) || few;
  }
  // Those that are named one by one are incidents' names already; to say so would have PostgreSQL go through all there are.
  if (!few) conditions.add('a.incident = a.id');
  return readPage({ cursor, limit }, conditions, async (tail) => {
    const rows = await database.query<{ id: string }[]>(
      `SELECT a.id FROM computed.alert a CROSS JOIN LATERAL (SELECT a.id AS name) AS incident
       WHERE ${conditions.where()} ${tail}`,
      conditions.parameters,
    );
    return summaries(
      database,
      rows.map(({ id }) => id),
    );
  });
}

const openOnes = `computed.incident_sum a WHERE a.open > 0`;

/**
 * Only incidents that are named by one of some rows `a`. Which way is the shorter one PostgreSQL can't know: how many
 * incidents there are it takes for a two-hundredth of all alerts. `OFFSET 0` keeps it to the way that is chosen here. Whether they are few.
 */
async function narrow(
  database: DataSource,
  conditions: Conditions,
  rowsOf: (parameters: unknown[]) => string,
  order: string,
): Promise<boolean> {
  const parameters: unknown[] = [];
  const found = await database.query<{ incident: string }[]>(
    `SELECT a.incident FROM ${rowsOf(parameters)} ${order} LIMIT ${FEW + 1}`,
    parameters,
  );
  const few = found.length <= FEW;
  if (few) {
    const names = new Set(found.map(({ incident }) => incident));
    conditions.add(`a.id = ANY (${conditions.bind([...names])}::text[])`);
  } else {
    const rows = rowsOf(conditions.parameters);
    conditions.add(`EXISTS (SELECT FROM ${rows} AND a.incident = incident.name OFFSET 0)`);
  }
  return few;
}

/** By its id, or that of any alert that is in it; null: none has that. */
export async function getIncident(database: DataSource, id: string): Promise<IncidentWire | null> {
  const [row] = await database.query<{ incident: string | null }[]>(
    'SELECT incident FROM computed.alert WHERE id = $1',
    [storable(id)],
  );
  if (!row?.incident) return null;
  const [incident] = await summaries(database, [row.incident]);
  return incident ?? null;
}

/** In the order of the ids. */
async function summaries(database: DataSource, ids: readonly string[]): Promise<IncidentWire[]> {
  if (ids.length === 0) return [];
  const rows = await database.query<Row[]>(summariesSql, [ids]);
  const byId = new Map(rows.map((row) => [row.id, incidentWire(row)]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

function incidentWire({ opened_at, last_seen, acknowledged, closed, ...row }: Row): IncidentWire {
  return {
    ...row,
    state: row.open > 0 ? 'open' : 'closed',
    openedAt: opened_at.toISOString(),
    lastSeen: last_seen.toISOString(),
    triage: { new: row.alerts - acknowledged - closed, acknowledged, closed },
  };
}
