import type { DataSource } from 'typeorm';
import type { Alert } from '#libs/events';
import type { Send } from '../database/pipelined.js';
import { storable } from '../storable.js';

const keepReceivedSql = `
  INSERT INTO sent.received AS r (alert_id, alert, ends_at)
  SELECT alert_id, alert, ends_at FROM json_to_recordset($1::json) AS row (alert_id text, alert json, ends_at timestamptz)
  ON CONFLICT (alert_id) DO UPDATE SET alert = excluded.alert, ends_at = greatest(r.ends_at, excluded.ends_at)`;

/** Notes of received alerts until when they hold, in the caller's transaction. */
export function receivedOf(alerts: readonly Alert[], send: Send): void {
  const received = new Map(alerts.filter(({ endsAt }) => endsAt !== undefined).map((alert) => [alert.id, alert]));
  if (received.size === 0) return;
  const open = [...received.values()].filter(({ state }) => state === 'open');
  const over = [...received.values()].filter(({ state }) => state !== 'open').map(({ id }) => id);
  const rows = open.map((alert) => ({ alert_id: alert.id, alert, ends_at: alert.endsAt }));
  send(keepReceivedSql, [
    JSON.stringify(rows, (_, part: unknown) => (typeof part === 'string' ? storable(part) : part)),
  ]);
  send('DELETE FROM sent.received WHERE alert_id = ANY ($1)', [over]);
}

const EXPIRED_MAX = 100;

/**
 * Hands over the received alerts that ended before `now` since nothing more was heard of them, and forgets them when
 * `close` has resolved. Of several processes one gets each.
 */
export async function expireReceived(
  database: DataSource,
  now: number,
  close: (alerts: readonly Alert[]) => Promise<void>,
): Promise<void> {
  await database.transaction(async (manager) => {
    const rows = await manager.query<{ alert_id: string; alert: Alert }[]>(
      `SELECT alert_id, alert FROM sent.received WHERE ends_at < $1 ORDER BY ends_at LIMIT ${EXPIRED_MAX} FOR UPDATE SKIP LOCKED`,
      [new Date(now)],
    );
    if (rows.length === 0) return;
    await close(rows.map(({ alert }) => alert));
    await manager.query('DELETE FROM sent.received WHERE alert_id = ANY ($1)', [rows.map(({ alert_id }) => alert_id)]);
  });
}
