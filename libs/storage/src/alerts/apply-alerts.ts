import type { DataSource, EntityManager } from 'typeorm';
import type { Alert } from '#libs/events';
import { lockPosition, movePosition, type ProjectionPosition } from '../positions/positions.js';
import type { EvidenceReference } from './alert.js';
import { alertRow, evidenceRow } from './alert-row.js';
import { deleteEvidenceSql } from './delete-evidence.sql.js';
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
 * Writes alert events and the position behind them in one transaction, so each counts exactly once. `reached` is where
 * the projection stood before these records, `next` the first offset after them. Records are in offset order; of
 * several of one alert the newest position wins, here and against what is stored.
 *
 * The commit does not wait for the disk: a server that crashes may forget the last of these transactions. False where
 * that has happened: the position stands before `reached`, and nothing is written. Rejects where the database does.
 */
export async function applyAlerts(
  database: DataSource,
  reached: ProjectionPosition,
  records: readonly AlertRecord[],
  next: number,
): Promise<boolean> {
  return database.transaction(async (manager) => {
    const from = await lockPosition(manager, reached);
    if (from === null || from < reached.offset) return false;
    // Past `reached`: the answer to a commit of ours was lost, or another process reads the partition now.
    if (from >= next) return true;
    const alerts = records.filter((record) => record.offset >= from).map((record) => record.alert);
    if (alerts.length > 0) await write(manager, alerts);
    await movePosition(manager, { ...reached, offset: next });
    return true;
  });
}

async function write(manager: EntityManager, alerts: readonly Alert[]): Promise<void> {
  const newest = newestOfEach(alerts);
  await manager.query(lockChangesSql);
  const written = await manager.query<{ id: string }[]>(upsertAlertsSql, [
    JSON.stringify([...newest.values()].map(alertRow)),
  ]);
  if (written.length === 0) return;
  const events = publishedEvents(alerts);
  const ids = written.map(({ id }) => id);
  const evidence = ids.flatMap((id) =>
    uniqueReferences(newest.get(id)!).map((reference) => evidenceRow(id, reference, events.get(keyOf(id, reference)))),
  );
  const rows = JSON.stringify(evidence);
  await manager.query(upsertEvidenceSql, [rows]);
  await manager.query(deleteEvidenceSql, [rows, ids]);
  await manager.query(notifyChangesSql);
}

/** Same rule as the statement's: a statement may write each row once only. Ordered by the last record of each. */
function newestOfEach(alerts: readonly Alert[]): Map<string, Alert> {
  const newest = new Map<string, Alert>();
  for (const alert of alerts) {
    const known = newest.get(alert.id)?.position;
    const isNewer = !known || known.partition !== alert.position.partition || known.offset < alert.position.offset;
    if (!isNewer) continue;
    newest.delete(alert.id);
    newest.set(alert.id, alert);
  }
  return newest;
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
