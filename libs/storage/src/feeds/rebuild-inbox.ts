import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { KeyedRequest } from '#libs/auth';
import { writeAudit } from '../audit/write-audit.js';
import { once } from '../idempotency/once.js';
import { storable } from '../storable.js';
import type { InboxOptions } from './apply-feeds.js';
import { refillInboxSql } from './refill-inbox.sql.js';
import { takeTurnSql } from './take-turn.sql.js';

export interface InboxRebuild {
  /** Whose inbox. */
  user: string;
  /** Who asks for it. */
  actor: string;
  at: Date;
  /** What it asks for is done once. */
  request?: KeyedRequest;
}

/** Computes the inbox of one user again, from shares and relations; null: nobody of that name is known. Resolves with its items. */
export async function rebuildInbox(
  database: DataSource,
  { user, actor, at, request }: InboxRebuild,
  { inboxItemsMax }: Pick<InboxOptions, 'inboxItemsMax'>,
): Promise<number | null> {
  return database.transaction(async (manager) => {
    await once(manager, request);
    // What is projected meanwhile waits.
    await manager.query(takeTurnSql, [randomUUID().slice(0, 8)]);
    const [row] = await manager.query<{ id: number }[]>('SELECT id FROM computed.feed_user WHERE name = $1', [
      storable(user),
    ]);
    if (!row) return null;
    await manager.query('DELETE FROM computed.feed_inbox WHERE user_id = $1', [row.id]);
    const [{ items }] = await manager.query<{ items: number }[]>(refillInboxSql, [row.id, inboxItemsMax]);
    await writeAudit(manager, { at, actor, action: 'feed.rebuilt', subject: `feed:${user}`, facts: { items } });
    return items;
  });
}
