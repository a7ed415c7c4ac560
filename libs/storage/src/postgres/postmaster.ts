import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { DATABASE_USER } from './cluster.js';
import { processExists } from './process.js';

/** What a server says about itself in `postmaster.pid`. */
export interface Postmaster {
  pid: number;
  socketDirectory: string;
  port: number;
  ready: boolean;
}

/** Null where there is no such file, or an unfinished one. */
export function readPostmaster(directory: string): Postmaster | null {
  let lines: string[];
  try {
    lines = readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return null;
  }
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1) return null;
  return {
    pid,
    port: Number(lines[3]),
    socketDirectory: lines[4] ?? '',
    ready: lines[7]?.startsWith('ready') ?? false,
  };
}

/** Whether that process lives and is the server of this folder: a process id may have gone to somebody else since. */
export function isPostmasterOf(pid: number, directory: string): boolean {
  try {
    if (existsSync('/proc/self/cwd')) return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(directory);
    const command = execFileSync('ps', ['-p', String(pid), '-o', 'command='], { stdio: 'pipe', timeout: 10_000 });
    return command.includes('postgres') && command.includes(directory);
  } catch {
    return false;
  }
}

/**
 * Removes a `postmaster.pid` whose process id now belongs to another process. The server itself clears one of a dead
 * process, but takes any living process for a server.
 */
export function clearReusedPid(directory: string, socketDirectory: string): void {
  const found = readPostmaster(directory);
  if (!found || !processExists(found.pid) || isPostmasterOf(found.pid, directory)) return;
  rmSync(join(directory, 'postmaster.pid'), { force: true });
  rmSync(join(socketDirectory, '.s.PGSQL.5432.lock'), { force: true });
}

/** Waits for the server to take connections. False once it is gone. Recovery after a crash may take minutes. */
export async function waitUntilReady(directory: string, pid: number, isGone: () => boolean): Promise<boolean> {
  for (;;) {
    const found = readPostmaster(directory);
    if (found?.pid === pid && found.ready && (await accepts(found))) return true;
    if (isGone()) return false;
    await sleep(10);
  }
}

async function accepts(server: Postmaster): Promise<boolean> {
  const client = new Client({
    host: server.socketDirectory,
    port: server.port,
    user: DATABASE_USER,
    database: 'postgres',
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
