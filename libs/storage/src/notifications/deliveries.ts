import type { DataSource, EntityManager } from 'typeorm';
import type { KeyedRequest } from '#libs/auth';
import { writeAudit } from '../audit/write-audit.js';
import { once } from '../idempotency/once.js';
import { GIVE_UP_MS } from './apply-transitions.js';
import type { OutboxEntity } from './outbox.entity.js';

/** A transition on its way to a target, or told. */
export type Delivery = Omit<OutboxEntity, 'id' | 'claim' | 'claimedUntil' | 'giveUpAt' | 'target'>;

export interface DeliveryFilter {
  state?: OutboxEntity['state'];
  /** Only those before this number. */
  before?: number;
  limit: number;
}

const columns = `n, message, alert_id AS "alertId", transition, alert, state, put_at AS "putAt", due_at AS "dueAt", attempts,
  done_at AS "doneAt", status, problem`;

/** What was and is to be delivered to a target, newest first. */
export function listDeliveries(database: DataSource, target: string, filter: DeliveryFilter): Promise<Delivery[]> {
  return database.query(
    `SELECT ${columns} FROM sent.outbox WHERE target = $1 AND ($2::text IS NULL OR state = $2)
       AND ($3::bigint IS NULL OR n < $3) ORDER BY n DESC LIMIT $4`,
    [target, filter.state ?? null, filter.before ?? null, filter.limit],
  );
}

export interface Redelivery {
  target: string;
  /** Number of the delivery. */
  n: number;
  /** Who asks for it. */
  actor: string;
  at: Date;
  /** What it asks for is done once. */
  request?: KeyedRequest;
}

/** Delivers it now, whatever became of it before, with all that was in its message and the same key. Null: there is none. */
export function redeliver(database: DataSource, asked: Redelivery): Promise<Delivery | null> {
  return database.transaction(async (manager) => {
    const { target, n, actor, at, request } = asked;
    const rows = await putAgain(manager, asked);
    const found = rows.find((row) => Number(row.n) === n);
    if (!found) return null;
    await once(manager, request);
    await manager.query('DELETE FROM sent.pause WHERE target = $1', [target]);
    const { message, alertId: alert, transition } = found;
    const facts = { n, message, alert, transition, deliveries: rows.length };
    await writeAudit(manager, { at, actor, action: 'webhook.redelivered', subject: `webhook:${target}`, facts });
    return found;
  });
}

async function putAgain(manager: EntityManager, { target, n, at }: Redelivery): Promise<Delivery[]> {
  const [rows] = await manager.query<[Delivery[], number]>(
    `UPDATE sent.outbox SET state = 'waiting', attempts = 0, due_at = $3, give_up_at = $4, done_at = NULL,
       claim = NULL, claimed_until = NULL
     WHERE target = $1 AND (n = $2 OR message = (SELECT message FROM sent.outbox WHERE target = $1 AND n = $2))
     RETURNING ${columns}`,
    [target, n, at, new Date(at.getTime() + GIVE_UP_MS)],
  );
  return rows;
}
