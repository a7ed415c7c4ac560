import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StorageError } from '../errors.js';
import type { Binaries } from './binaries.js';
import type { ServerOwner } from './owner.js';
import { processExists } from './process.js';

export const DATABASE_USER = 'weir';

/**
 * How the server is told its folder. As another user it may be unable to walk there (a clone below /root), yet it
 * inherits the folder as its working directory, and that link needs no walk.
 */
export function directoryArgument(directory: string, owner: ServerOwner): string {
  return owner.spawn.uid !== undefined && existsSync('/proc/self/cwd') ? '/proc/self/cwd' : directory;
}

/** Makes the database folder unless there is one. A half-made one never bears its name: it is renamed when complete. */
export async function makeCluster(directory: string, binaries: Binaries, owner: ServerOwner): Promise<boolean> {
  if (existsSync(join(directory, 'PG_VERSION'))) {
    handOverRestored(directory, owner);
    return false;
  }
  clearUnfinished(directory);
  const unfinished = `${directory}.new-${process.pid}`;
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  handOver(unfinished, owner);
  await initdb(unfinished, binaries, owner);
  try {
    renameSync(unfinished, directory);
    return true;
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true });
    // Another process that started at the same moment was first.
    if (existsSync(join(directory, 'PG_VERSION'))) return false;
    throw new StorageError(
      'POSTGRES_DIRECTORY',
      `${directory} exists and is not a PostgreSQL data folder. Move it away, or choose another WEIR_DATA_DIR.`,
      { directory },
      { cause },
    );
  }
}

function clearUnfinished(directory: string): void {
  const prefix = `${directory}.new-`;
  for (const name of readdirSync(dirname(directory))) {
    const path = join(dirname(directory), name);
    if (path.startsWith(prefix) && !processExists(Number(path.slice(prefix.length)))) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}

function initdb(directory: string, binaries: Binaries, owner: ServerOwner): Promise<void> {
  const options = `--username=${DATABASE_USER} --encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8`;
  const args = ['-D', directoryArgument(directory, owner), ...options.split(' '), '--auth=peer', '--no-sync'];
  const child = spawn(binaries.initdb, [...args, '--no-instructions'], {
    ...owner.spawn,
    cwd: directory,
    env: { TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: Error) => {
      rmSync(directory, { recursive: true, force: true });
      const message = `The database folder ${directory} could not be made: ${reason}. Check free space and permissions there.`;
      reject(new StorageError('POSTGRES_DIRECTORY', message, { directory, output: output.slice(-2000) }, { cause }));
    };
    child.once('error', (error) => fail(error.message, error));
    child.once('close', (code) => {
      if (code === 0) resolve();
      else fail(/error: .*/.exec(output)?.[0] ?? `initdb ended with ${code}`);
    });
  });
}

/** Lets in our own user through the socket, and nobody else. Written at every start: who we are may have changed. */
export function writeAccessRules(directory: string, owner: ServerOwner): void {
  const files = {
    'pg_hba.conf': 'local all all peer map=weir\n',
    'pg_ident.conf': `weir "${owner.clientName}" ${DATABASE_USER}\n`,
  };
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    handOver(path, owner);
  }
}

/** Only where we run it as somebody else is there anything to hand over. */
export function handOver(path: string, owner: ServerOwner): void {
  if (owner.spawn.uid !== undefined) chownSync(path, owner.uid, owner.gid);
}

/** A folder that root restored from a copy may belong to root, and the server could not open it. */
function handOverRestored(directory: string, owner: ServerOwner): void {
  if (owner.spawn.uid === undefined || statSync(directory).uid === owner.uid) return;
  execFileSync('chown', ['-R', `${owner.uid}:${owner.gid}`, directory], { stdio: 'pipe' });
}
