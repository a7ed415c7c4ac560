import type { DataSource, EntityManager } from 'typeorm';
import type { Alert } from '#libs/events';
import type { Send } from '../database/pipelined.js';
import { prepared } from '../database/prepared.js';
import { placeAlerts, type StoredAlert } from '../incidents/place-alerts.js';
import { advance, type Progress } from '../positions/advance.js';
import type { EvidenceReference } from './alert.js';
import { alertRow, evidenceRow } from './alert-row.js';
import { deleteEvidenceSql } from './delete-evidence.sql.js';
import { inheritTriageSql } from './inherit-triage.sql.js';
import { lockChangesSql } from './lock-changes.sql.js';
import { notifyChangesSql } from './notify-changes.sql.js';
import { upsertAlertsSql } from './upsert-alerts.sql.js';
import { upsertEvidenceSql } from './upsert-evidence.sql.js';

/** One record of the topic `alert`. */
export interface AlertRecord {
  offset: number;
  alert: Alert;
}

/**
 * Writes alert events and the positions behind them; see `advance`. Of several of one alert the newest position wins, here
 * and against what is stored.
 */
export function applyAlerts(database: DataSource, read: readonly Progress<AlertRecord>[]): Promise<boolean> {
  return advance(database, read, (manager, records, send) =>
    write(
      manager,
      records.map(({ alert }) => alert),
      send,
    ),
  );
}

async function write(manager: EntityManager, alerts: readonly Alert[], send: Send): Promise<void> {
  send(lockChangesSql);
  const stored = await storedAlerts(manager, new Set(alerts.map(({ id }) => id)));
  const newest = newestOfEach(alerts, stored);
  if (newest.size === 0) return;
  const incidents = await placeAlerts(manager, { revisions: alerts, newest, stored }, send);
  const ids = [...newest.keys()];
  const rows = [...newest.values()].map((alert) => ({ ...alertRow(alert), incident: incidents.get(alert.id) ?? null }));
  send(upsertAlertsSql, [JSON.stringify(rows)]);
  const merged = ids.filter((id) => newest.get(id)!.state === 'merged');
  if (merged.length > 0) send(inheritTriageSql, [merged]);
  const events = publishedEvents(alerts);
  const evidence = ids.flatMap((id) =>
    uniqueReferences(newest.get(id)!).map((reference) => evidenceRow(id, reference, events.get(keyOf(id, reference)))),
  );
  const references = JSON.stringify(evidence);
  send(upsertEvidenceSql, [references]);
  send(deleteEvidenceSql, [references, ids]);
  send(notifyChangesSql);
}

const storedAlertsSql = prepared(`
  SELECT id, incident, state, shadow, retro, opened_at, last_seen, position_partition AS partition,
    position_offset AS "offset"
  FROM computed.alert WHERE id = ANY ($1)`);

type Stored = StoredAlert & Pick<Alert, 'position'>;

async function storedAlerts(manager: EntityManager, ids: ReadonlySet<string>): Promise<Map<string, Stored>> {
  const rows = await manager.query<
    (Pick<Stored, 'incident' | 'state' | 'shadow' | 'retro'> & {
      id: string;
      opened_at: Date;
      last_seen: Date;
      partition: number;
      offset: string;
    })[]
  >(storedAlertsSql, [[...ids]]);
  return new Map(
    rows.map(({ id, opened_at, last_seen, partition, offset, ...row }) => [
      id,
      {
        ...row,
        openedAt: opened_at.toISOString(),
        lastSeen: last_seen.toISOString(),
        position: { partition, offset: Number(offset) },
      },
    ]),
  );
}

/** Those that are newer than what is stored: a statement may write each row once only. Ordered by the last record of each. */
function newestOfEach(alerts: readonly Alert[], stored: ReadonlyMap<string, Stored>): Map<string, Alert> {
  const newest = new Map<string, Alert>();
  for (const alert of alerts) {
    const known = newest.get(alert.id) ?? stored.get(alert.id);
    if (known !== undefined && !isNewer(alert, known)) continue;
    newest.delete(alert.id);
    newest.set(alert.id, alert);
  }
  return newest;
}

function isNewer(alert: Alert, known: Pick<Alert, 'position' | 'retro'>): boolean {
  if ((alert.retro ?? false) !== (known.retro ?? false)) return known.retro ?? false;
  const { partition, offset } = known.position;
  return partition !== alert.position.partition || offset < alert.position.offset;
}

/** The events that any of the records carries: the newest revision leaves out those that an earlier one published. */
function publishedEvents(alerts: readonly Alert[]): Map<string, unknown> {
  const events = new Map<string, unknown>();
  for (const { id, evidence } of alerts) {
    for (const reference of evidence) {
      if (reference.event !== undefined) events.set(keyOf(id, reference), reference.event);
    }
  }
  return events;
}

function uniqueReferences({ id, evidence }: Alert): EvidenceReference[] {
  return [...new Map(evidence.map((reference) => [keyOf(id, reference), reference])).values()];
}

function keyOf(id: string, { topic, partition, offset }: EvidenceReference): string {
  return `${id} ${topic} ${partition} ${offset}`;
}
