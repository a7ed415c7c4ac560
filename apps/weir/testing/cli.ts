import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '../src/package-root.js';

const bin = join(packageRoot, 'apps/weir/bin/weir.mjs');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The real command line as child processes, each test with a data folder and port of its own. Needs a build. */
export class Cli {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'weir-e2e-'));
  private readonly children = new Set<ChildProcess>();
  private url: string | null = null;

  /** Runs a command to its end. */
  async run(args: readonly string[], env: NodeJS.ProcessEnv = {}, input = ''): Promise<Ended> {
    const child = this.spawn(args, env);
    child.stdin!.end(input);
    return endOf(child, Promise.all([text(child.stdout!), text(child.stderr!)]));
  }

  /** Runs a command with `--json` and gives what it printed. */
  async json<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run([...args, '--json']);
    if (code !== 0) throw new TypeError(`weir ${args.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** Starts Weir; resolves once it says where it runs. Commands run afterwards find it there. */
  start(env: NodeJS.ProcessEnv = {}): Promise<Running> {
    return this.launch(env).ready();
  }

  /** Starts Weir, or the named apps, and does not wait for it: it may be ended on the way. */
  launch(env: NodeJS.ProcessEnv = {}, apps: readonly string[] = []): Running {
    return new Running(this.spawn(['start', ...apps, '--json'], env), (url) => {
      this.url = url;
    });
  }

  follow(args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
    const child = this.spawn(args, {});
    return { child, ended: endOf(child, Promise.all([text(child.stdout!), text(child.stderr!)])) };
  }

  /** Process ids of the PostgreSQL servers of this data folder; there should never be more than one. Linux only. */
  postgresServers(): number[] {
    const ours = new Map<number, number>();
    for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
      try {
        if (readlinkSync(`/proc/${name}/cwd`) !== realpathSync(join(this.dataDir, 'postgres'))) continue;
        const [, , , parent] = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/\(.*\)/, '-')
          .split(' ');
        ours.set(Number(name), Number(parent));
      } catch {
        // It ended while we looked, or there is no such folder.
      }
    }
    // What a server forked has it as its parent.
    return [...ours].filter(([, parent]) => !ours.has(parent)).map(([pid]) => pid);
  }

  /** Kills the PostgreSQL of this data folder as a crash would; false where none runs. */
  killPostgres(): boolean {
    const servers = this.postgresServers();
    for (const pid of servers) process.kill(pid, 'SIGKILL');
    return servers.length > 0;
  }

  /** Ends what still runs and removes the folder. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.children].map((child) => {
        const gone = new Promise((done) => child.on('exit', done));
        child.kill('SIGTERM');
        return gone;
      }),
    );
    // A Weir that was killed leaves its PostgreSQL running, and a killed one leaves its children for a moment.
    while (this.killPostgres()) await delay(20);
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  private spawn(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
    const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('WEIR_')));
    const address = this.url ? { WEIR_URL: this.url } : {};
    const child = spawn(process.execPath, [bin, ...args], {
      env: { ...own, WEIR_DATA_DIR: this.dataDir, WEIR_HTTP_PORT: '0', WEIR_LOG_LEVEL: 'warn', ...address, ...env },
      timeout: 300_000,
      stdio: 'pipe',
    });
    this.children.add(child);
    child.on('exit', () => this.children.delete(child));
    return child;
  }
}

/** A Weir that runs, or is about to. */
export class Running {
  /** Where it is; empty until it is ready. */
  url = '';
  private readonly stderr: Promise<string>;
  private readonly ended: Promise<Ended>;
  private readonly said: Promise<string | null>;

  constructor(
    private readonly child: ChildProcess,
    private readonly found: (url: string) => void,
  ) {
    this.stderr = text(child.stderr!);
    this.said = firstLine(child.stdout!);
    this.ended = endOf(child, Promise.all(['', this.stderr]));
  }

  get pid(): number {
    return this.child.pid!;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Rejects when it ends, with what it said. */
  async dies(): Promise<never> {
    const { code, stderr } = await this.ended;
    throw new TypeError(`weir start ended with ${code}: ${stderr}`);
  }

  /** Resolves once it says where it runs; rejects where it ends before. */
  async ready(): Promise<this> {
    const line = await this.said;
    if (line === null) return this.dies();
    this.url = (JSON.parse(line) as { url: string }).url;
    this.found(this.url);
    return this;
  }

  /** Sends the signal; resolves with how it ended. Rejects where it had ended already, which nobody asked it to. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<{ code: number | null; stderr: string }> {
    if (!this.running) return this.dies();
    this.child.kill(signal);
    const { code, stderr } = await this.ended;
    return { code, stderr };
  }
}

async function endOf(child: ChildProcess, output: Promise<readonly [string, string]>): Promise<Ended> {
  const code =
    child.exitCode ?? (await new Promise<number | null>((resolve) => child.on('exit', (given) => resolve(given))));
  const [stdout, stderr] = await output;
  return { code, stdout, stderr };
}

/** By events, so that others may listen beside. */
async function text(stream: NodeJS.ReadableStream): Promise<string> {
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  await once(stream, 'end');
  return Buffer.concat(pieces).toString();
}

/** The first line, or null where there is none; the rest is read and dropped. */
function firstLine(stream: NodeJS.ReadableStream): Promise<string | null> {
  return new Promise((resolve) => {
    let line = '';
    stream.on('data', (piece: Buffer) => {
      line += piece;
      if (line.endsWith('\n')) resolve(line);
    });
    stream.on('end', () => resolve(null));
  });
}
