import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What the child said: the server's events, and where it is. */
export interface ChildLine {
  kind: string;
  pid?: number;
  url?: string;
  message?: string;
}

/** Another process that runs a PostgreSQL, to be killed. Resolves once the server takes connections. */
export async function startPostgresChild(
  directory: string,
  as: { uid?: number; gid?: number } = {},
): Promise<{ process: ChildProcess; lines: ChildLine[]; url: string }> {
  const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const child = spawn(
    process.execPath,
    ['--conditions=development', '--import', file('typescript-hooks.mjs'), file('start-postgres.ts'), directory],
    { ...as, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  const lines: ChildLine[] = [];
  let problems = '';
  child.stderr.on('data', (chunk: Buffer) => {
    problems += chunk;
  });
  for await (const line of createInterface(child.stdout)) {
    lines.push(JSON.parse(line) as ChildLine);
    const { url } = lines[lines.length - 1];
    if (url) return { process: child, lines, url };
  }
  throw new TypeError(`The child ended before its server ran: ${problems}`);
}

/** Kills the child's whole process group, as the kernel or an impatient person would. */
export async function killHard(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  process.kill(-child.pid!, 'SIGKILL');
  await exited;
}
