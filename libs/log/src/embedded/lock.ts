import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LogError } from '../errors.js';

const sqliteBusy = 5;

/**
 * Makes this the only log that has the folder open, in any process; returns what lets go of it again.
 *
 * The lock is the kernel's: it goes when the process does, however that dies, so there is nothing stale to tell from
 * what is alive. Node takes such locks only through its SQLite, which is used here on an empty file and for nothing
 * else. The pid lies in a second file because opening the first one here once more would give the lock up.
 */
export function lockFolder(directory: string): () => void {
  const pidPath = join(directory, 'lock.pid');
  const database = new DatabaseSync(join(directory, 'lock'), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== sqliteBusy) throw error;
    throw lockedError(directory, holder(pidPath), error);
  }
  writeFileSync(pidPath, `${process.pid}\n`);
  return () => database.close();
}

function holder(pidPath: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(pidPath, 'utf8'), 10) || undefined;
  } catch {
    return undefined;
  }
}

function lockedError(directory: string, pid: number | undefined, cause: unknown): LogError {
  const who = pid === process.pid ? 'this process already' : `another process${pid ? `, pid ${pid}` : ''}`;
  const message = `The log in ${directory} is open in ${who}. Stop that first, or use another folder.`;
  return new LogError('LOG_LOCKED', message, { directory, pid }, { cause });
}
