import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { Message, Outcome } from '#libs/notification';
import { isGrouped } from '#libs/notification';
import { storable } from '../storable.js';
import { GIVE_UP_MS } from './apply-transitions.js';
import { claimMessagesSql, composeSql } from './claim-messages.sql.js';
import { deadSql, deliveredSql, failedSql, pauseSql } from './finish-message.sql.js';
import type { OutboxEntity } from './outbox.entity.js';
import { orphansSql, pruneSql } from './prune.sql.js';
import { putFiringSql } from './put-firing.sql.js';
import { readTargets, type StoredTarget } from './webhook-store.js';

/** A message that one attempt may deliver, and nobody else until it ends. */
export interface ClaimedMessage extends Message {
  claim: string;
  target: StoredTarget;
  /** How often it was tried before. */
  attempts: number;
  giveUpAt: number;
}

/** A target that messages were given up for. Times are milliseconds. */
export interface Failing {
  target: string;
  first: number;
  since: number;
  dead: number;
}

type Failure = Extract<Outcome, { kind: 'failed' }>;
type Rows<T> = [rows: T[], count: number];

/** Of several processes one composes and claims for a target at a time. */
const CLAIM_LOCK = 7_237_111;
const MESSAGE_ROWS_MAX = 100;
const FIRING_MAX = 1_000;
/** What was delivered, or given up, is listed this long. */
const KEEP_MS = 30 * 24 * 3_600_000;

/** Targets that something is due for now. */
export async function dueTargets(database: DataSource, now: number): Promise<StoredTarget[]> {
  const due = await database.query<{ id: string }[]>(
    `SELECT id FROM decided.webhook w WHERE NOT EXISTS (SELECT FROM sent.pause p WHERE p.target = w.id AND p.until > $1)
       AND EXISTS (SELECT FROM sent.outbox o
       WHERE o.target = w.id AND o.state = 'waiting' AND o.due_at <= $1 AND (o.claimed_until IS NULL OR o.claimed_until <= $1))`,
    [new Date(now)],
  );
  if (due.length === 0) return [];
  const ids = new Set(due.map(({ id }) => id));
  return (await readTargets(database.manager)).filter(({ id }) => ids.has(id));
}

/** Puts what is to be said again of alerts that fire. */
export async function putFiring(database: DataSource, now: number): Promise<void> {
  await database.query(putFiringSql, [new Date(now), new Date(now + GIVE_UP_MS), FIRING_MAX]);
}

/** Claims messages of a target that are due, until `now + leaseMs`. */
export async function claimMessages(
  database: DataSource,
  target: StoredTarget,
  { now, messagesMax, leaseMs }: { now: number; messagesMax: number; leaseMs: number },
): Promise<ClaimedMessage[]> {
  const claim = randomUUID();
  const at = new Date(now);
  const rows = await database.transaction(async (manager) => {
    const [{ mine }] = await manager.query<{ mine: boolean }[]>(
      `SELECT pg_try_advisory_xact_lock(${CLAIM_LOCK}, hashtext($1)) AS mine`,
      [target.id],
    );
    if (!mine) return [];
    if (isGrouped(target)) await manager.query(composeSql, [target.id, at, MESSAGE_ROWS_MAX]);
    const lease = new Date(now + leaseMs);
    const [claimed] = await manager.query<Rows<OutboxEntity>>(claimMessagesSql, [
      target.id,
      at,
      messagesMax,
      claim,
      lease,
    ]);
    return claimed;
  });
  return Array.from(
    Map.groupBy(rows, ({ message }) => message!),
    ([key, parts]) => ({
      key,
      claim,
      target,
      attempts: Math.max(...parts.map(({ attempts }) => attempts)),
      giveUpAt: Math.max(...parts.map(({ giveUpAt }) => giveUpAt.getTime())),
      transitions: parts
        .map(({ n, transition, alert }) => ({ n: Number(n), transition, alert }))
        .sort((a, b) => a.n - b.n),
    }),
  );
}

/** It was delivered. `recovered` is told if messages for the target had been given up before; then it no longer fails. */
export async function markDelivered(
  database: DataSource,
  { claim, key, target }: ClaimedMessage,
  { now, status, problem }: { now: number; status: number; problem: string | null },
  recovered: (failing: Failing) => Promise<void>,
): Promise<void> {
  await database.query(deliveredSql, [claim, key, new Date(now), status, problem && storable(problem)]);
  await endFailing(database, target.id, recovered);
}

/** It is tried again at `again`, ms since the epoch. */
export async function markFailed(
  database: DataSource,
  { claim, key }: ClaimedMessage,
  { status, problem }: Failure,
  again: number,
): Promise<void> {
  await database.query(failedSql, [claim, key, new Date(again), status, storable(problem)]);
}

/** Nothing goes to the target before `until`, ms since the epoch. */
export async function pauseTarget(database: DataSource, target: string, until: number): Promise<void> {
  await database.query(pauseSql, [target, new Date(until)]);
}

/** It is given up; `tell` is called first, so that what a crash undoes is told again rather than never. */
export async function markDead(
  database: DataSource,
  { claim, key, target, transitions }: ClaimedMessage,
  { status, problem }: Failure,
  now: number,
  tell: (failing: Failing) => Promise<void>,
): Promise<void> {
  await database.transaction(async (manager) => {
    const [row] = await manager.query<{ first: string; since: Date; dead: number }[]>(
      `INSERT INTO sent.failing AS f (target, first, since, dead) VALUES ($1, $2, $3, $4)
       ON CONFLICT (target) DO UPDATE SET dead = f.dead + excluded.dead RETURNING first, since, dead`,
      [target.id, transitions[0].n, new Date(now), transitions.length],
    );
    await tell({ target: target.id, first: Number(row.first), since: row.since.getTime(), dead: row.dead });
    await manager.query(deadSql, [claim, key, new Date(now), status, storable(problem)]);
  });
}

async function endFailing(
  database: DataSource,
  target: string,
  told: (failing: Failing) => Promise<void>,
): Promise<void> {
  const [known] = await database.query<unknown[]>('SELECT FROM sent.failing WHERE target = $1', [target]);
  if (!known) return;
  await database.transaction(async (manager) => {
    const [rows] = await manager.query<Rows<{ first: string; since: Date; dead: number }>>(
      'DELETE FROM sent.failing WHERE target = $1 RETURNING first, since, dead',
      [target],
    );
    for (const { first, since, dead } of rows)
      await told({ target, first: Number(first), since: since.getTime(), dead });
  });
}

/** Forgets what is long done, and what is of targets that went; their alerts end. */
export async function prune(
  database: DataSource,
  now: number,
  recovered: (failing: Failing) => Promise<void>,
): Promise<void> {
  for (const sql of pruneSql) await database.query(sql, [new Date(now - KEEP_MS)]);
  for (const sql of orphansSql) await database.query(sql);
  const gone = await database.query<{ target: string }[]>(
    'SELECT target FROM sent.failing f WHERE NOT EXISTS (SELECT FROM decided.webhook w WHERE w.id = f.target)',
  );
  for (const { target } of gone) await endFailing(database, target, recovered);
}

/** How many transitions wait for each target that there is. */
export async function waitingCounts(database: DataSource): Promise<{ target: string; waiting: number }[]> {
  return database.query(
    `SELECT w.id AS target, (SELECT count(*)::integer FROM sent.outbox o WHERE o.target = w.id AND o.state = 'waiting') AS waiting
     FROM decided.webhook w`,
  );
}
