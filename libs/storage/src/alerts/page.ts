import { StorageError } from '../errors.js';
import type { Conditions } from './filter-alerts.js';

const PAGE_DEFAULT = 50;
const PAGE_MAX = 200;

export interface Page<T> {
  items: T[];
  next: string | null;
}

/**
 * A page of what `a` stands for, newest first by when it opened. `read` gets what ends the statement. Rejects with
 * CURSOR_INVALID.
 */
export async function readPage<T extends { id: string; openedAt: string }>(
  { cursor, limit: wanted = PAGE_DEFAULT }: { cursor?: string; limit?: number },
  conditions: Conditions,
  read: (tail: string) => Promise<T[]>,
): Promise<Page<T>> {
  const limit = Math.min(Math.max(wanted, 1), PAGE_MAX);
  if (cursor !== undefined) {
    const { openedAt, id } = readCursor(cursor);
    conditions.add(`(a.opened_at, a.id) < (${conditions.bind(new Date(openedAt))}, ${conditions.bind(id)})`);
  }
  const rows = await read(`ORDER BY a.opened_at DESC, a.id DESC LIMIT ${limit + 1}`);
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? cursorAt(items[limit - 1]) : null };
}

function cursorAt({ openedAt, id }: { id: string; openedAt: string }): string {
  return Buffer.from(`${openedAt} ${id}`).toString('base64url');
}

function readCursor(cursor: string): { openedAt: string; id: string } {
  const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (.+)$/s.exec(Buffer.from(cursor, 'base64url').toString());
  if (found && !Number.isNaN(Date.parse(found[1]))) return { openedAt: found[1], id: found[2] };
  throw new StorageError('CURSOR_INVALID', 'That cursor is not one of ours. Start again without it.', { cursor });
}
