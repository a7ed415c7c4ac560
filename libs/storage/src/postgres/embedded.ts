import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StorageError } from '../errors.js';
import { type Binaries, locateBinaries } from './binaries.js';
import { DATABASE_USER, directoryArgument, makeCluster, writeAccessRules } from './cluster.js';
import { type ServerOwner, serverOwner } from './owner.js';
import { clearReusedPid, isPostmasterOf, readPostmaster, waitUntilReady } from './postmaster.js';
import { signal } from './process.js';
import { serverSettings } from './settings.js';
import { makeSocketDirectory, removeSocketDirectory, socketDirectory } from './socket-directory.js';

const RESTART_DELAY_MS_MIN = 100;
const RESTART_DELAY_MS_MAX = 5_000;
const START_TRIES = 6;
const WATCH_MS = 250;
const FAST_STOP_MS = 30_000;
const LOG_FILE_BYTES_MAX = 8 << 20;

/** What happens to the server, in words for the log of whoever started it. */
export type PostgresEvent =
  | { kind: 'copied' | 'created' | 'started' | 'adopted'; message: string; pid?: number }
  | { kind: 'lost' | 'restart-failed'; message: string };

export interface EmbeddedPostgresOptions {
  /** The data folder. The database goes to its subfolder `postgres`, what the server has to say to `postgres.log`. */
  directory: string;
  /** Told of starts, losses and restarts. Must not throw. */
  onEvent?(event: PostgresEvent): void;
}

/** A running PostgreSQL of ours. */
export interface EmbeddedPostgres {
  /** How to connect: a URL that `pg` and libpq understand. It stays the same over restarts. */
  readonly url: string;
  /** Stops the server cleanly (clients are disconnected, nothing is lost) and resolves when it is gone. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL in a data folder, makes it on the first start, or adopts the one that a killed process left
 * behind. Only a unix socket leads to it, and only our own user gets in. When the server dies it is started again,
 * with growing pauses; connections made after that work again. The server outlives a kill of this process and then
 * waits to be adopted, so there is never a second one. Nothing is hooked to the exit of this process: call `stop()`.
 * Rejects with POSTGRES_*.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const parent = resolve(options.directory);
  const directory = join(parent, 'postgres');
  const report = options.onEvent ?? (() => {});
  try {
    mkdirSync(parent, { recursive: true });
    const owner = serverOwner(directory);
    const binaries = await locateBinaries(owner, (message) => report({ kind: 'copied', message }));
    if (await makeCluster(directory, binaries, owner)) {
      report({ kind: 'created', message: `Made a database in ${directory}.` });
    }
    const files = { directory, log: join(parent, 'postgres.log'), socket: socketDirectory(directory, owner) };
    const server = new Server(files, binaries, owner, report);
    await server.start();
    return server;
  } catch (cause) {
    if (cause instanceof StorageError) throw cause;
    throw new StorageError(
      'POSTGRES_DIRECTORY',
      `The database in ${directory} can't be used: ${(cause as Error).message}. Check who may write there, and free space.`,
      { directory },
      { cause },
    );
  }
}

interface Files {
  directory: string;
  log: string;
  socket: string;
}

/**
 * stopped → running (started or adopted) → lost → running …, until stop(). While running, the process is watched:
 * a child by its exit, an adopted server by looking for it. One loop does it all, so that two starts never overlap.
 */
class Server implements EmbeddedPostgres {
  private pid = 0;
  private child: ChildProcess | undefined;
  private readonly stopping = new AbortController();
  private watching: Promise<void> = Promise.resolve();
  /** Where in the server's log its present run begins. */
  private logFrom = 0;

  constructor(
    private readonly files: Files,
    private readonly binaries: Binaries,
    private readonly owner: ServerOwner,
    private readonly report: (event: PostgresEvent) => void,
  ) {}

  get url(): string {
    return `postgresql://${DATABASE_USER}@localhost/postgres?host=${encodeURIComponent(this.files.socket)}`;
  }

  async start(): Promise<void> {
    let delayMs = RESTART_DELAY_MS_MIN;
    for (let tries = 1; !(await this.startOrAdopt()); tries++) {
      // Not at once: a server may be going down as we look, another process may be a moment faster, and what a killed
      // one left running holds the folder for a while.
      if (tries === START_TRIES) throw this.startFailed();
      await sleep(delayMs);
      delayMs *= 2;
    }
    this.watching = this.watch();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.watching;
    if (this.alive()) {
      signal(this.pid, 'SIGINT');
      // One that was stopped by SIGSTOP hears of it only now.
      signal(this.pid, 'SIGCONT');
    }
    for (let waited = 0; this.alive(); waited += 10) {
      if (waited === FAST_STOP_MS) signal(this.pid, 'SIGQUIT');
      await sleep(10);
    }
    removeSocketDirectory(this.files.socket);
  }

  private async startOrAdopt(): Promise<boolean> {
    const { directory } = this.files;
    const found = readPostmaster(directory);
    if (found && isPostmasterOf(found.pid, directory)) {
      this.child = undefined;
      this.pid = found.pid;
      writeAccessRules(directory, this.owner);
      if (found.ready) signal(this.pid, 'SIGHUP');
      const ready = await this.ready();
      if (ready) {
        const message = `Adopted the PostgreSQL that was running already (process ${this.pid}).`;
        this.report({ kind: 'adopted', message, pid: this.pid });
      }
      return ready;
    }
    clearReusedPid(directory, this.files.socket);
    makeSocketDirectory(this.files.socket, this.owner);
    writeAccessRules(directory, this.owner);
    this.spawn();
    const ready = await this.ready();
    if (ready) this.report({ kind: 'started', message: `PostgreSQL runs (process ${this.pid}).`, pid: this.pid });
    return ready;
  }

  private ready(): Promise<boolean> {
    return waitUntilReady(this.files.directory, this.pid, () => this.stopping.signal.aborted || !this.alive());
  }

  private spawn(): void {
    const { directory, log, socket } = this.files;
    this.logFrom = logSize(log);
    const output = openSync(log, 'a', 0o600);
    const args = ['-D', directoryArgument(directory, this.owner)];
    for (const [name, value] of Object.entries(serverSettings(socket))) args.push('-c', `${name}=${value}`);
    // Its own session: Ctrl-C in the terminal reaches us only, and we stop it when we are ready to.
    this.child = spawn(this.binaries.postgres, args, {
      ...this.owner.spawn,
      cwd: directory,
      env: { TZ: 'UTC' },
      detached: true,
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    this.pid = this.child.pid ?? 0;
    this.child.on('error', () => {});
    this.child.unref();
  }

  private alive(): boolean {
    if (this.child)
      return this.child.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
    return this.pid !== 0 && isPostmasterOf(this.pid, this.files.directory);
  }

  private async watch(): Promise<void> {
    const { signal: stopped } = this.stopping;
    let delayMs = RESTART_DELAY_MS_MIN;
    while (await pause(WATCH_MS, stopped)) {
      if (this.alive()) {
        delayMs = RESTART_DELAY_MS_MIN;
        continue;
      }
      this.report({ kind: 'lost', message: 'PostgreSQL is gone; starting it again.' });
      while (!(await this.restart())) {
        if (!(await pause(delayMs, stopped))) return;
        delayMs = Math.min(delayMs * 2, RESTART_DELAY_MS_MAX);
      }
    }
  }

  private async restart(): Promise<boolean> {
    try {
      if (await this.startOrAdopt()) return true;
      this.report({ kind: 'restart-failed', message: this.startFailed().message });
    } catch (error) {
      this.report({ kind: 'restart-failed', message: (error as Error).message });
    }
    return false;
  }

  private startFailed(): StorageError {
    const lines = readFileSync(this.files.log).subarray(this.logFrom).toString().split('\n');
    const reason = lines.findLast((line) => /FATAL|PANIC|error/.test(line)) ?? 'no reason given';
    const message = `PostgreSQL in ${this.files.directory} did not start: ${reason.trim()}. See ${this.files.log}.`;
    return new StorageError('POSTGRES_START_FAILED', message, { directory: this.files.directory, log: this.files.log });
  }
}

/** True after the pause, false as soon as the signal says stop. Does not keep the process alive. */
async function pause(ms: number, stopped: AbortSignal): Promise<boolean> {
  if (stopped.aborted) return false;
  await sleep(ms, undefined, { signal: stopped, ref: false }).catch(() => {});
  return !stopped.aborted;
}

/** Its size; one that has grown large is put aside first. */
function logSize(log: string): number {
  const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= LOG_FILE_BYTES_MAX) return size;
  renameSync(log, `${log}.1`);
  return 0;
}
