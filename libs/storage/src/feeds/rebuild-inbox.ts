import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { storable } from '../storable.js';
import type { InboxOptions } from './apply-feeds.js';
import { refillInboxSql } from './refill-inbox.sql.js';
import { takeTurnSql } from './take-turn.sql.js';

/** Computes the inbox of one user again, from shares and relations; null: nobody of that name is known. Resolves with its items. */
export async function rebuildInbox(
  database: DataSource,
  user: string,
  { inboxItemsMax }: Pick<InboxOptions, 'inboxItemsMax'>,
): Promise<number | null> {
  return database.transaction(async (manager) => {
    // What is projected meanwhile waits.
    await manager.query(takeTurnSql, [randomUUID().slice(0, 8)]);
    const [row] = await manager.query<{ id: number }[]>('SELECT id FROM computed.feed_user WHERE name = $1', [
      storable(user),
    ]);
    if (!row) return null;
    await manager.query('DELETE FROM computed.feed_inbox WHERE user_id = $1', [row.id]);
    const [{ items }] = await manager.query<{ items: number }[]>(refillInboxSql, [row.id, inboxItemsMax]);
    return items;
  });
}
