import { execFileSync } from 'node:child_process';
import { type Stats, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { StorageError } from '../errors.js';

/**
 * Who runs the server. PostgreSQL refuses to run as root; so a root process starts it as another user, and gets at
 * files of both. `spawn` is what to hand to child_process: empty when the server runs as ourselves.
 */
export interface ServerOwner {
  uid: number;
  gid: number;
  /** Our own user's name: the one that the server lets in. */
  clientName: string;
  spawn: { uid?: number; gid?: number };
}

/** The user who owns the database folder, where we may choose (root): its owner, or `nobody` for a new folder. */
export function serverOwner(clusterDirectory: string): ServerOwner {
  if (!process.getuid || !process.getgid) {
    throw new StorageError(
      'POSTGRES_USER',
      'The built-in PostgreSQL runs on Linux and macOS only. Set WEIR_DATABASE_URL to a server of yours.',
    );
  }
  const clientName = nameOfOurUser();
  const uid = process.getuid();
  const folder = statSync(clusterDirectory, { throwIfNoEntry: false });
  if (uid !== 0) {
    refuseForeignFolder(clusterDirectory, folder, uid);
    return { uid, gid: process.getgid(), clientName, spawn: {} };
  }
  const ids = folder && folder.uid !== 0 ? { uid: folder.uid, gid: folder.gid } : idsOfNobody();
  return { ...ids, clientName, spawn: ids };
}

function refuseForeignFolder(clusterDirectory: string, folder: Stats | undefined, uid: number): void {
  if (!folder || folder.uid === uid) return;
  throw new StorageError(
    'POSTGRES_USER',
    `${clusterDirectory} belongs to another user (id ${folder.uid}). Start Weir as that user or as root, or hand the folder over with chown -R.`,
    { directory: clusterDirectory, owner: folder.uid, uid },
  );
}

function nameOfOurUser(): string {
  try {
    return userInfo().username;
  } catch (cause) {
    throw new StorageError(
      'POSTGRES_USER',
      `The user id ${process.getuid?.()} has no name on this machine, which the built-in PostgreSQL needs. Add it to /etc/passwd, run as another user, or set WEIR_DATABASE_URL.`,
      { uid: process.getuid?.() },
      { cause },
    );
  }
}

function idsOfNobody(): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { stdio: 'pipe', timeout: 10_000 }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch (cause) {
    throw new StorageError(
      'POSTGRES_USER',
      'PostgreSQL does not run as root, and there is no user `nobody` to run it as. Add that user, start Weir as an ordinary user, or set WEIR_DATABASE_URL.',
      {},
      { cause },
    );
  }
}
