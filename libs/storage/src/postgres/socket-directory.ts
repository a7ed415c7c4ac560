import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, realpathSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StorageError } from '../errors.js';
import { handOver } from './cluster.js';
import type { ServerOwner } from './owner.js';

/** A path in sockaddr_un has 108 bytes with its closing zero. */
const SOCKET_PATH_BYTES_MAX = 107;

/** A short path for the socket's folder, the same at each start: the data folder's own may be too long for a socket. */
export function socketDirectory(directory: string, owner: ServerOwner): string {
  const identity = createHash('sha256')
    .update(`${owner.uid}\n${realpathSync(directory)}`)
    .digest('hex')
    .slice(0, 12);
  const path = join(tmpdir(), `weir-${identity}`);
  const fits = Buffer.byteLength(join(path, '.s.PGSQL.5432')) <= SOCKET_PATH_BYTES_MAX;
  return fits ? path : join('/tmp', `weir-${identity}`);
}

/** Makes the folder, for its owner alone; before each start of the server, since what lies in /tmp may get lost. */
export function makeSocketDirectory(path: string, owner: ServerOwner): void {
  if (!lstatSync(path, { throwIfNoEntry: false })) {
    mkdirSync(path, { mode: 0o700 });
    handOver(path, owner);
  }
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== owner.uid) {
    throw new StorageError(
      'POSTGRES_DIRECTORY',
      `${path}, the folder for PostgreSQL's socket, belongs to somebody else. Remove it, or set TMPDIR to another folder.`,
      { directory: path, owner: found.uid, expected: owner.uid },
    );
  }
  chmodSync(path, 0o700);
}

export function removeSocketDirectory(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Somebody's server uses it, or it is gone.
  }
}
