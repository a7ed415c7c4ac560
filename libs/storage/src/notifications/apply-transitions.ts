import type { DataSource, EntityManager } from 'typeorm';
import type { Alert } from '#libs/events';
import { type Conversation, type Following, follow, type KnownAlert, type OutboxRow } from '#libs/notification';
import type { AlertRecord } from '../alerts/apply-alerts.js';
import { pipelined, type Send } from '../database/pipelined.js';
import type { Progress } from '../positions/advance.js';
import { movePositionsSql } from '../positions/move-positions.sql.js';
import { lockPositions } from '../positions/positions.js';
import { storable } from '../storable.js';
import { loadConversationsSql, loadKnownSql } from './load-known.sql.js';
import { putOutboxSql } from './put-outbox.sql.js';
import { receivedOf } from './received.js';
import { upsertConversationsSql, upsertKnownSql } from './upsert-known.sql.js';
import { readTargets } from './webhook-store.js';

/** How long a delivery is tried before it is given up. */
export const GIVE_UP_MS = 24 * 3_600_000;

/** `isQuiet`: it was there before anybody listened, and is known from then on, and not told. */
export type TransitionRecord = AlertRecord & { isQuiet: boolean };

export interface TransitionBatch {
  read: readonly Progress<TransitionRecord>[];
  /** Why nobody is to be told of an alert, by its id. */
  heldBack: ReadonlyMap<string, string | null>;
  now: number;
}

/** What was put into the outbox. */
export type Put = Pick<OutboxRow, 'target' | 'transition'>;

/**
 * Follows alert events and puts what there is to tell into the outbox, in one transaction with the positions behind them: each
 * transition is put exactly once. Waits for the disk where something was put, since that may be told at once. Null: somebody
 * else has read some of these records, or a position is not where it was; nothing is written.
 */
export async function applyTransitions(database: DataSource, batch: TransitionBatch): Promise<Put[] | null> {
  const { read } = batch;
  return pipelined(database, async (manager, send) => {
    const stands = await lockPositions(
      manager,
      read.map(({ reached }) => reached),
    );
    if (read.some(({ reached }, i) => stands[i] !== reached.offset)) return null;
    const records = read.flatMap((part) => part.records);
    const put = records.length > 0 ? await write(manager, records, batch, send) : [];
    if (put.length > 0) send('SET LOCAL synchronous_commit = on');
    send(movePositionsSql, [JSON.stringify(read.map(({ reached, next }) => ({ ...reached, offset: next })))]);
    return put;
  });
}

async function write(
  manager: EntityManager,
  records: readonly TransitionRecord[],
  { heldBack, now }: TransitionBatch,
  send: Send,
): Promise<Put[]> {
  const alerts = records.map(({ alert }) => alert);
  const following = await load(manager, alerts, heldBack, now);
  const before = new Map(following.known);
  const rows = records.flatMap(({ alert, isQuiet }) => follow(alert, following, isQuiet));
  const known = [...following.known].filter(([id, state]) => before.get(id) !== state);
  if (known.length > 0) {
    send(upsertKnownSql, [json(known.map(([alertId, state]) => ({ alertId, ...state })))]);
  }
  if (following.changed.size > 0) send(upsertConversationsSql, [json([...following.changed])]);
  receivedOf(alerts, send);
  if (rows.length === 0) return [];
  const placed = rows.map((row, place) => ({ ...row, place }));
  return manager.query<Put[]>(putOutboxSql, [json(placed), new Date(now), GIVE_UP_MS]);
}

async function load(
  manager: EntityManager,
  alerts: readonly Alert[],
  heldBack: TransitionBatch['heldBack'],
  now: number,
): Promise<Following> {
  const ids = [...new Set(alerts.map(({ id }) => id))];
  const [known, told, targets] = await Promise.all([
    manager.query<(KnownAlert & { alert_id: string; offset: string })[]>(loadKnownSql, [ids]),
    manager.query<ConversationRow[]>(loadConversationsSql, [ids]),
    readTargets(manager),
  ]);
  return {
    targets,
    known: new Map(known.map(({ alert_id, ...state }) => [alert_id, { ...state, offset: Number(state.offset) }])),
    conversations: Map.groupBy(told.map(conversation), ({ alertId }) => alertId),
    heldBack,
    changed: new Set(),
    now,
  };
}

type ConversationRow = Omit<Conversation, 'changedAt' | 'resendAt'> & { changedAt: Date; resendAt: Date | null };

const conversation = (row: ConversationRow): Conversation => ({
  ...row,
  changedAt: row.changedAt.getTime(),
  resendAt: row.resendAt?.getTime() ?? null,
});

/** Text that JSON escapes is text all the same: NUL and halves of characters are taken out of it. */
const json = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' ? storable(part) : part));
